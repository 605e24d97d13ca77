//! What the `SOFTWARE` hive says: which Windows it is.

use tree::Time;

use super::settings::Settings;

const KEY: &str = r"Microsoft\Windows NT\CurrentVersion";
/// From this build on a client is Windows 11, though its product name still says 10.
const FIRST_WINDOWS_11: u64 = 22_000;
/// Seconds from 1601 to 1970, and ticks in one.
const UNIX_EPOCH: i64 = 11_644_473_600;
const TICKS: i64 = 10_000_000;

/// Which Windows it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Os {
    /// `Windows Server 2022 Standard`.
    pub product: Option<String>,
    /// `ServerStandard`.
    pub edition: Option<String>,
    /// `Server`, `Server Core` or `Client`.
    pub installation: Option<String>,
    /// `21H2`, where it has such a name.
    pub version: Option<String>,
    /// `20348`.
    pub build: Option<String>,
    /// What follows the build: `2340` in `20348.2340`.
    pub revision: Option<u64>,
    /// Service pack, of older systems.
    pub service_pack: Option<String>,
    /// When it was installed, or last upgraded.
    pub installed: Option<Time>,
}

impl Os {
    /// `20348.2340`.
    #[must_use]
    pub fn full_build(&self) -> Option<String> {
        let build = self.build.as_ref()?;
        Some(match self.revision {
            Some(revision) => format!("{build}.{revision}"),
            None => build.clone(),
        })
    }
}

pub(super) fn os(settings: &Settings<'_>) -> Os {
    let text = |name| settings.text(KEY, name);
    let build = text("CurrentBuild").or_else(|| text("CurrentBuildNumber"));
    Os {
        product: text("ProductName").map(|name| product(name, build.as_deref())),
        edition: text("EditionID"),
        installation: text("InstallationType"),
        version: text("DisplayVersion").or_else(|| text("ReleaseId")),
        build,
        revision: settings.number(KEY, "UBR"),
        service_pack: text("CSDVersion"),
        installed: installed(settings),
    }
}

fn product(name: String, build: Option<&str>) -> String {
    let build = build.and_then(|build| build.parse().ok()).unwrap_or(0);
    match name.strip_prefix("Windows 10") {
        Some(rest) if build >= FIRST_WINDOWS_11 => format!("Windows 11{rest}"),
        _ => name,
    }
}

fn installed(settings: &Settings<'_>) -> Option<Time> {
    let ticks = settings.number(KEY, "InstallTime").map(u64::cast_signed);
    let seconds = || i64::try_from(settings.number(KEY, "InstallDate")?).ok();
    let from_seconds = |seconds: i64| seconds.checked_add(UNIX_EPOCH)?.checked_mul(TICKS);
    let ticks = ticks.or_else(|| from_seconds(seconds()?))?;
    Some(Time(ticks)).filter(|time| time.is_writable())
}
