//! Build script: tells Windows that the program knows long paths and speaks UTF-8.

use embed_manifest::manifest::{ActiveCodePage, Setting};
use embed_manifest::{embed_manifest, new_manifest};

fn main() {
    println!("cargo:rerun-if-changed=src/hostfs/build.rs");
    if std::env::var_os("CARGO_CFG_WINDOWS").is_some() {
        let manifest = new_manifest("hvrestore")
            .active_code_page(ActiveCodePage::Utf8)
            .long_path_aware(Setting::Enabled);
        embed_manifest(manifest).expect("the manifest can be written into the build folder");
    }
}
