//! What a machine does that matters to a restore.

use hive::Key;

use super::files::Config;
use super::settings::Settings;

/// One role, and what it was told by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// `domain controller`, `SQL Server`, ...
    pub name: &'static str,
    /// The setting or file that says so.
    pub evidence: String,
}

impl Role {
    /// The name of the role of a domain controller.
    pub const DOMAIN_CONTROLLER: &'static str = "domain controller";
}

const NTDS: &str = r"Services\NTDS\Parameters";
/// Start type of a service that is turned off.
const DISABLED: u64 = 4;

/// Services that come with a role. A name that ends in `$` is the beginning of the service's.
const SERVICES: [(&str, &str); 9] = [
    ("MSSQLSERVER", "SQL Server"),
    ("MSSQL$", "SQL Server"),
    ("MSExchangeIS", "Exchange mailbox server"),
    ("DHCPServer", "DHCP server"),
    ("DNS", "DNS server"),
    ("CertSvc", "certification authority"),
    ("ClusSvc", "failover cluster node"),
    ("vmms", "Hyper-V host"),
    ("ddpsvc", "Data Deduplication"),
];

/// The roles that the `SYSTEM` hive tells of.
pub(super) fn of(settings: &Settings<'_>) -> Vec<Role> {
    let mut roles = Vec::new();
    let product = settings.text(r"Control\ProductOptions", "ProductType");
    if product.is_some_and(|product| product.eq_ignore_ascii_case("LanmanNT")) {
        let database = settings.text(NTDS, "DSA Database file");
        roles.push(Role {
            name: Role::DOMAIN_CONTROLLER,
            evidence: match database {
                Some(path) => format!("ProductType is LanmanNT, database {path}"),
                None => "ProductType is LanmanNT".into(),
            },
        });
    }
    let services = settings.key("Services");
    for service in services.iter().flat_map(Key::subkeys) {
        let service = settings.known(service);
        roles.extend(service.and_then(|service| of_service(settings, &service)));
    }
    roles
}

fn of_service(settings: &Settings<'_>, service: &Key<'_>) -> Option<Role> {
    let own = service.name().to_ascii_lowercase();
    let is_meant = |(name, _): &&(&str, &str)| {
        let name = name.to_ascii_lowercase();
        own == name || name.ends_with('$') && own.starts_with(&name)
    };
    let (_, role) = SERVICES.iter().find(is_meant)?;
    let start = settings.value_of(service, "Start")?.number();
    (start != Some(DISABLED)).then(|| Role {
        name: role,
        evidence: format!("service {}", service.name()),
    })
}

/// The roles that only files tell of.
pub(super) fn add_by_files(roles: &mut Vec<Role>, config: &Config<'_>) {
    let known = roles
        .iter()
        .any(|role| role.name == Role::DOMAIN_CONTROLLER);
    if !known && config.has("NTDS/ntds.dit") {
        roles.push(Role {
            name: Role::DOMAIN_CONTROLLER,
            evidence: format!(r"\{}\NTDS\ntds.dit", config.windows),
        });
    }
}
