//! One disk and all the files it ever was.

use std::fs;

use testkit::configuration::{Plug, upper};
use testkit::partition::{Gpt, GptPart};
use testkit::vhdx::Image;
use uuid::Uuid;

use crate::harness::{packed, repository};

/// Where in the volume the one cluster of [`STATE_FILE`](super::STATE_FILE) is.
const STATE_OFFSET: usize = 0xe9000;
const CLUSTER: usize = 4096;
/// Where in the volume the first sector of its file record is, and where in that its times are.
const STATE_RECORD: usize = 0x14c00;
const MODIFIED_CHANGED_ACCESSED: [usize; 3] = [0x58, 0x60, 0x68];
const SECTOR: usize = 512;
/// What is there before a test writes.
const UNTOUCHED: &[u8] = b"89cfc22        0";
/// Partitions begin here.
const ALIGNMENT: usize = 1 << 20;

/// A disk.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    pub(super) plug: Plug,
    /// Its folder on the host, without the last backslash.
    pub(super) host_folder: String,
    /// Name of its first file without the extension.
    stem: String,
    pub(super) layers: Vec<Layer>,
}

/// One file of a disk.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) file_name: String,
    pub(super) parent: Option<usize>,
    pub(super) image: Image,
    /// Whether Hyper-V deleted it, when a checkpoint was applied.
    pub(super) is_gone: bool,
}

impl Disk {
    pub(super) fn new(plug: Plug, path: &str, id: Uuid) -> Self {
        let (folder, file_name) = path.rsplit_once('\\').expect("a path of Windows");
        let contents = Gpt {
            alignment: ALIGNMENT,
            ..Gpt::new(vec![GptPart::data("Windows", volume())])
        };
        let contents = contents.build();
        let mut image = Image::dynamic(contents.len() as u64);
        image.data_write_guid = id;
        image.file_write_guid = id;
        image.disk_id = id;
        write_sparse(&mut image, &contents);
        let stem = file_name
            .rsplit_once('.')
            .map_or(file_name, |(stem, _)| stem);
        Self {
            plug,
            host_folder: folder.to_owned(),
            stem: stem.to_owned(),
            layers: vec![Layer {
                file_name: file_name.to_owned(),
                parent: None,
                image,
                is_gone: false,
            }],
        }
    }

    /// A new, empty file above `parent`, which has `id` in its name; its number.
    pub(super) fn grow(&mut self, parent: usize, id: Uuid, data: Uuid) -> usize {
        let below = &self.layers[parent];
        let mut image = below.image.child("", data);
        image.file_write_guid = data;
        image.disk_id = below.image.disk_id;
        image.locator = self.locator(below);
        self.layers.push(Layer {
            file_name: format!("{}_{}.avhdx", self.stem, upper(id)),
            parent: Some(parent),
            image,
            is_gone: false,
        });
        self.layers.len() - 1
    }

    /// As Windows writes it, in its order.
    fn locator(&self, parent: &Layer) -> Vec<(String, String)> {
        let (drive, below) = self.host_folder.split_once('\\').unwrap_or(("", ""));
        let name = &parent.file_name;
        let volume = format!(r"\\?\Volume{{{}}}", Uuid::from_u128(drive.len() as u128));
        let linkage = format!("{{{}}}", parent.image.data_write_guid);
        let entries = [
            ("parent_linkage", linkage),
            (
                "absolute_win32_path",
                format!(r"{}\{name}", self.host_folder),
            ),
            ("relative_path", format!(r".\{name}")),
            ("volume_path", format!(r"{volume}\{below}\{name}")),
            ("parent_linkage2", format!("{{{}}}", Uuid::nil())),
        ];
        entries.map(|(key, value)| (key.to_owned(), value)).into()
    }

    pub(super) fn write_text(&mut self, layer: usize, text: &str) {
        let mut cluster = text.as_bytes().to_vec();
        cluster.push(b'\n');
        cluster.resize(CLUSTER, b' ');
        let offset = (ALIGNMENT + STATE_OFFSET) as u64;
        self.layers[layer].image.write(offset, &cluster);
    }

    /// Sets when the file's data, its record and its access were last changed, in 100 ns since 1601.
    pub(super) fn write_time(&mut self, layer: usize, time: u64) {
        let start = ALIGNMENT + STATE_RECORD;
        let mut sector = self.contents(layer)[start..][..SECTOR].to_vec();
        assert_eq!(&sector[..4], b"FILE", "the volume plain was made anew");
        for field in MODIFIED_CHANGED_ACCESSED {
            sector[field..][..8].copy_from_slice(&time.to_le_bytes());
        }
        self.layers[layer].image.write(start as u64, &sector);
    }

    /// Every byte of the disk as of this file.
    pub(super) fn contents(&self, layer: usize) -> Vec<u8> {
        let layer = &self.layers[layer];
        let parent = layer.parent.map(|parent| self.contents(parent));
        layer.image.model(&parent.unwrap_or_default())
    }

    /// The text in [`STATE_FILE`](super::STATE_FILE) as of this file.
    pub(super) fn text(&self, layer: usize) -> String {
        let cluster = &self.contents(layer)[ALIGNMENT + STATE_OFFSET..][..CLUSTER];
        let text = String::from_utf8_lossy(cluster);
        text.lines().next().unwrap_or_default().to_owned()
    }

    /// The one file that a disk merged as of this file is.
    pub(super) fn merged(&self, layer: usize) -> Image {
        let old = &self.layers[layer].image;
        let mut image = Image::dynamic(old.disk_size);
        image.data_write_guid = old.data_write_guid;
        image.file_write_guid = old.file_write_guid;
        image.disk_id = old.disk_id;
        write_sparse(&mut image, &self.contents(layer));
        image
    }
}

/// Writes what is not all zeros.
fn write_sparse(image: &mut Image, contents: &[u8]) {
    let step = image.block_size as usize;
    for (number, block) in contents.chunks(step).enumerate() {
        if block.iter().any(|byte| *byte != 0) {
            image.write((number * step) as u64, block);
        }
    }
}

/// The committed volume `plain`: 4 MiB of NTFS, with a dozen files.
fn volume() -> Vec<u8> {
    let name = "ntfs/plain.img.zst";
    let packed = repository().join("testdata").join(name);
    let unpacked = packed::unpacked(&packed, &std::path::Path::new("testdata").join(name));
    let bytes = fs::read(unpacked.expect("it unpacks")).expect("it can be read");
    let found = &bytes[STATE_OFFSET..][..UNTOUCHED.len()];
    assert_eq!(found, UNTOUCHED, "the volume plain was made anew");
    bytes
}
