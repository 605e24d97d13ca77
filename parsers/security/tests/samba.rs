//! Samba, as a second reader of descriptors and writer of their text.
//!
//! It spells some things in another way (rights in hex, bits in another order), so that its text is read
//! here and must mean the same. 4.17 knows no conditions, and reads `FA` as fewer rights than it is:
//! it is given stored descriptors only.

use std::io::Write;
use std::process::{Command, Stdio};

use hvrestore_security::Descriptor;

/// For each line, a stored descriptor in hex: as Samba stores it again, and its SDDL.
const SCRIPT: &str = r"
import sys
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
for line in sys.stdin:
    found = ndr_unpack(security.descriptor, bytes.fromhex(line))
    print(ndr_pack(found).hex(), found.as_sddl())
";

const DESCRIPTORS: &[&str] = &[
    "O:BAG:SYD:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;0x1200a9;;;BU)",
    "O:S-1-5-21-1-2-3-1001G:S-1-5-21-1-2-3-513D:AI(A;OICIID;FA;;;SY)(A;OICIIOID;GA;;;CO)(A;CINP;0x1301bf;;;AU)",
    "O:SYG:SYD:(D;;FW;;;AN)(A;;FR;;;WD)S:P(AU;SAFA;SDWDWO;;;WD)",
    "O:BAG:BAD:(OA;CI;CCDC;bf967aba-0de6-11d0-a285-00aa003049e2;;AO)\
     (OD;CIIO;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;bf967aba-0de6-11d0-a285-00aa003049e2;PS)",
    "O:BAG:BAD:PAI(A;;0x1200a9;;;S-1-15-2-1)(A;OICIIO;SDGXGWGR;;;AU)(A;;LC;;;AU)",
    "O:BAG:BAD:",
    "O:BAG:BAD:(A;;0x5;;;S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464)",
    "O:LSG:NSD:(A;;KA;;;IU)(A;;KR;;;NU)(A;;KW;;;SU)(A;;FX;;;RD)(A;;GA;;;BO)(A;;0x1;;;PU)",
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().as_chunks::<2>().0.iter();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).expect("hex"), 16);
    pairs.map(|pair| byte(pair).expect("hex")).collect()
}

/// What Samba answers to these lines.
fn samba(lines: &str) -> String {
    // The interpreter that Debian's package is for.
    let mut python = Command::new("/usr/bin/python3")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python runs");
    let mut input = python.stdin.take().expect("it is piped");
    input.write_all(lines.as_bytes()).expect("it reads");
    drop(input);
    let answer = python.wait_with_output().expect("an answer");
    assert!(answer.status.success());
    String::from_utf8(answer.stdout).expect("text")
}

#[test]
#[ignore = "needs python3-samba"]
fn samba_means_the_same() {
    let descriptors = DESCRIPTORS.iter().map(|sddl| sddl.parse().expect("SDDL"));
    let descriptors: Vec<Descriptor> = descriptors.collect();
    let stored = descriptors
        .iter()
        .map(|one| hex(&one.to_bytes().expect("small")) + "\n");
    let answers = samba(&stored.collect::<String>());
    assert_eq!(answers.lines().count(), descriptors.len());
    for (ours, line) in descriptors.iter().zip(answers.lines()) {
        let (stored, text) = line.split_once(' ').expect("two fields");
        let again = Descriptor::parse(&unhex(stored)).expect("whole");
        assert_eq!(&again, ours, "as Samba stores it");
        let read: Descriptor = text
            .parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(&read, ours, "{text}");
    }
}
