//! SIDs that mean the same everywhere.

use crate::Sid;

/// A SID that means the same everywhere.
struct WellKnown {
    /// SDDL's two letters; empty where it has none.
    alias: &'static str,
    authority: u64,
    sub_authorities: &'static [u32],
    name: &'static str,
}

const fn known(
    alias: &'static str,
    authority: u64,
    sub_authorities: &'static [u32],
    name: &'static str,
) -> WellKnown {
    WellKnown {
        alias,
        authority,
        sub_authorities,
        name,
    }
}

/// Aliases of MS-DTYP 2.5.1.1 that are no member of a domain, and what else is often met on disks.
const TABLE: &[WellKnown] = &[
    known("WD", 1, &[0], "Everyone"),
    known("", 2, &[0], "LOCAL"),
    known("", 2, &[1], "CONSOLE LOGON"),
    known("CO", 3, &[0], "CREATOR OWNER"),
    known("CG", 3, &[1], "CREATOR GROUP"),
    known("OW", 3, &[4], "OWNER RIGHTS"),
    known("", 5, &[1], r"NT AUTHORITY\DIALUP"),
    known("NU", 5, &[2], r"NT AUTHORITY\NETWORK"),
    known("", 5, &[3], r"NT AUTHORITY\BATCH"),
    known("IU", 5, &[4], r"NT AUTHORITY\INTERACTIVE"),
    known("SU", 5, &[6], r"NT AUTHORITY\SERVICE"),
    known("AN", 5, &[7], r"NT AUTHORITY\ANONYMOUS LOGON"),
    known("ED", 5, &[9], r"NT AUTHORITY\ENTERPRISE DOMAIN CONTROLLERS"),
    known("PS", 5, &[10], r"NT AUTHORITY\SELF"),
    known("AU", 5, &[11], r"NT AUTHORITY\Authenticated Users"),
    known("RC", 5, &[12], r"NT AUTHORITY\RESTRICTED"),
    known("", 5, &[13], r"NT AUTHORITY\TERMINAL SERVER USER"),
    known("", 5, &[14], r"NT AUTHORITY\REMOTE INTERACTIVE LOGON"),
    known("", 5, &[15], r"NT AUTHORITY\This Organization"),
    known("", 5, &[17], r"NT AUTHORITY\IUSR"),
    known("SY", 5, &[18], r"NT AUTHORITY\SYSTEM"),
    known("LS", 5, &[19], r"NT AUTHORITY\LOCAL SERVICE"),
    known("NS", 5, &[20], r"NT AUTHORITY\NETWORK SERVICE"),
    known("WR", 5, &[33], r"NT AUTHORITY\WRITE RESTRICTED"),
    known("", 5, &[113], r"NT AUTHORITY\Local account"),
    known("BA", 5, &[32, 544], r"BUILTIN\Administrators"),
    known("BU", 5, &[32, 545], r"BUILTIN\Users"),
    known("BG", 5, &[32, 546], r"BUILTIN\Guests"),
    known("PU", 5, &[32, 547], r"BUILTIN\Power Users"),
    known("AO", 5, &[32, 548], r"BUILTIN\Account Operators"),
    known("SO", 5, &[32, 549], r"BUILTIN\Server Operators"),
    known("PO", 5, &[32, 550], r"BUILTIN\Print Operators"),
    known("BO", 5, &[32, 551], r"BUILTIN\Backup Operators"),
    known("RE", 5, &[32, 552], r"BUILTIN\Replicator"),
    known(
        "RU",
        5,
        &[32, 554],
        r"BUILTIN\Pre-Windows 2000 Compatible Access",
    ),
    known("RD", 5, &[32, 555], r"BUILTIN\Remote Desktop Users"),
    known(
        "NO",
        5,
        &[32, 556],
        r"BUILTIN\Network Configuration Operators",
    ),
    known("MU", 5, &[32, 558], r"BUILTIN\Performance Monitor Users"),
    known("LU", 5, &[32, 559], r"BUILTIN\Performance Log Users"),
    known("IS", 5, &[32, 568], r"BUILTIN\IIS_IUSRS"),
    known("CY", 5, &[32, 569], r"BUILTIN\Cryptographic Operators"),
    known("ER", 5, &[32, 573], r"BUILTIN\Event Log Readers"),
    known(
        "CD",
        5,
        &[32, 574],
        r"BUILTIN\Certificate Service DCOM Access",
    ),
    known("RA", 5, &[32, 575], r"BUILTIN\RDS Remote Access Servers"),
    known("ES", 5, &[32, 576], r"BUILTIN\RDS Endpoint Servers"),
    known("MS", 5, &[32, 577], r"BUILTIN\RDS Management Servers"),
    known("HA", 5, &[32, 578], r"BUILTIN\Hyper-V Administrators"),
    known(
        "AA",
        5,
        &[32, 579],
        r"BUILTIN\Access Control Assistance Operators",
    ),
    known("RM", 5, &[32, 580], r"BUILTIN\Remote Management Users"),
    known("", 5, &[80, 0], r"NT SERVICE\ALL SERVICES"),
    known("", 5, TRUSTED_INSTALLER, r"NT SERVICE\TrustedInstaller"),
    known("", 5, &[83, 0], r"NT VIRTUAL MACHINE\Virtual Machines"),
    known(
        "UD",
        5,
        &[84, 0, 0, 0, 0, 0],
        r"NT AUTHORITY\USER MODE DRIVERS",
    ),
    known(
        "AC",
        15,
        &[2, 1],
        r"APPLICATION PACKAGE AUTHORITY\ALL APPLICATION PACKAGES",
    ),
    known(
        "",
        15,
        &[2, 2],
        r"APPLICATION PACKAGE AUTHORITY\ALL RESTRICTED APPLICATION PACKAGES",
    ),
    known("", 16, &[0], r"Mandatory Label\Untrusted Mandatory Level"),
    known("LW", 16, &[4096], r"Mandatory Label\Low Mandatory Level"),
    known("ME", 16, &[8192], r"Mandatory Label\Medium Mandatory Level"),
    known(
        "MP",
        16,
        &[8448],
        r"Mandatory Label\Medium Plus Mandatory Level",
    ),
    known("HI", 16, &[12288], r"Mandatory Label\High Mandatory Level"),
    known(
        "SI",
        16,
        &[16384],
        r"Mandatory Label\System Mandatory Level",
    ),
    known("AS", 18, &[1], "Authentication authority asserted identity"),
    known("SS", 18, &[2], "Service asserted identity"),
];

/// The owner of what belongs to Windows itself.
const TRUSTED_INSTALLER: &[u32] = &[
    80,
    956_008_885,
    3_418_522_649,
    1_831_038_044,
    1_853_292_631,
    2_271_478_464,
];

/// Accounts and groups that every domain has, by their relative id. Their SDDL aliases (`DA`) mean
/// another SID on every machine, so they are named for people only.
const RELATIVE: &[(u32, &str)] = &[
    (500, "Administrator"),
    (501, "Guest"),
    (502, "krbtgt"),
    (512, "Domain Admins"),
    (513, "Domain Users"),
    (514, "Domain Guests"),
    (515, "Domain Computers"),
    (516, "Domain Controllers"),
    (517, "Cert Publishers"),
    (518, "Schema Admins"),
    (519, "Enterprise Admins"),
    (520, "Group Policy Creator Owners"),
];

impl Sid {
    /// What Windows calls it where it means the same everywhere: `BUILTIN\Administrators`.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.well_known().map(|known| known.name)
    }

    /// What the account or group is on the machine or in the domain that handed it out, where every
    /// one has such: `Domain Admins`.
    #[must_use]
    pub fn relative_name(&self) -> Option<&'static str> {
        let [21, _, _, _, relative] = self.sub_authorities() else {
            return None;
        };
        let found = RELATIVE.iter().find(|(id, _)| id == relative);
        found
            .filter(|_| self.is_of_a_domain())
            .map(|(_, name)| *name)
    }

    /// SDDL's two letters for it, where those mean the same everywhere.
    #[must_use]
    pub fn alias(&self) -> Option<&'static str> {
        let alias = self.well_known().map(|known| known.alias);
        alias.filter(|alias| !alias.is_empty())
    }

    /// The SID that SDDL's two letters mean, on any machine.
    pub(crate) fn of_alias(alias: &str) -> Option<Self> {
        let found = TABLE
            .iter()
            .find(|known| known.alias.eq_ignore_ascii_case(alias));
        found
            .filter(|_| !alias.is_empty())
            .and_then(|known| Self::new(known.authority, known.sub_authorities))
    }

    fn well_known(&self) -> Option<&'static WellKnown> {
        let is_self = |known: &&WellKnown| {
            known.authority == self.authority() && known.sub_authorities == self.sub_authorities()
        };
        TABLE.iter().find(is_self)
    }
}
