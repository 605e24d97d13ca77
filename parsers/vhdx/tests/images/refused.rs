//! Files that must not be opened, each for its own reason.

use blockio::{Cache, FaultKind};
use hvrestore_vhdx::File;
use testkit::failing::Failing;
use testkit::vhdx::{
    BAT_REGION, Built, FILE_PARAMETERS, Image, LOGICAL_SECTOR_SIZE, METADATA_REGION, MIB,
    PARENT_LOCATOR, PHYSICAL_SECTOR_SIZE, REQUIRED, VHDX_LOCATOR, VIRTUAL_DISK_ID,
    VIRTUAL_DISK_SIZE,
};
use uuid::Uuid;

use crate::refusal;
use crate::sound::built;

/// Damages a sound differencing disk and expects it to be refused with this code.
#[track_caller]
fn refused(code: &str, damage: impl FnOnce(&mut Built)) {
    let mut file = built();
    damage(&mut file);
    let fault = refusal(&file);
    assert_eq!(fault.code.id, code, "{fault}");
    assert_eq!(fault.file.as_deref(), Some("disk.vhdx"), "{fault}");
    assert!(!fault.found.is_empty(), "{fault}");
    let kind = if code.starts_with("HV-E") {
        FaultKind::Unsupported
    } else {
        FaultKind::Damaged
    };
    assert_eq!(fault.kind, kind, "{fault}");
}

#[test]
fn another_file_type_or_none() {
    refused("HV-D101", |file| file.spoil(0));
    refused("HV-D101", |file| file.put(0, b"vhdxfilE"));
    refused("HV-D102", |file| file.truncate(0));
    refused("HV-D102", |file| file.truncate(519));
}

#[test]
fn a_file_cut_before_its_metadata() {
    refused("HV-D102", |file| file.truncate(64 << 10));
    // Regions that are not there any more are regions beyond the file.
    refused("HV-D107", |file| file.truncate(MIB));
    refused("HV-D107", |file| file.truncate(file.layout.bat.end - 1));
    let mut whole = built();
    whole.truncate(whole.layout.bat.end);
    assert!(File::open(whole.read_at(), "disk.vhdx", &Cache::default()).is_ok());
}

#[test]
fn headers() {
    refused("HV-D103", |file| {
        file.spoil(0x1_0000);
        file.spoil(0x2_0FFF);
    });
    refused("HV-D104", |file| {
        file.edit_headers(|header| header[8..16].copy_from_slice(&5_u64.to_le_bytes()));
        file.edit_header(1, |header| header[20] ^= 1);
    });
    refused("HV-E105", |file| {
        file.edit_header(1, |header| header[66] = 2)
    });
    refused("HV-E105", |file| file.edit_headers(|header| header[66] = 0));
}

#[test]
fn equal_headers_and_an_old_header_of_another_version_do_not_matter() {
    let mut file = built();
    file.edit_headers(|header| header[8..16].copy_from_slice(&5_u64.to_le_bytes()));
    assert!(crate::notes(&crate::open(&file)).is_empty());
    file.edit_header(0, |header| {
        header[8] = 4;
        header[66] = 9;
    });
    assert!(crate::notes(&crate::open(&file)).is_empty());
}

#[test]
fn region_tables() {
    refused("HV-D106", |file| {
        file.spoil(0x3_0000);
        file.spoil(0x4_0004);
    });
    refused("HV-D106", |file| {
        file.edit_region_tables(|table| table[8..12].copy_from_slice(&2048_u32.to_le_bytes()));
    });
    refused("HV-D106", |file| {
        file.edit_region_tables(|table| table[8..12].fill(0xFF));
    });
    refused("HV-E108", |file| {
        file.add_region(Uuid::from_u128(1), 1 << 40..1 << 41, true)
    });
    refused("HV-D109", |file| {
        file.edit_region_tables(|table| table[8..12].copy_from_slice(&1_u32.to_le_bytes()));
    });
    refused("HV-D109", |file| {
        file.edit_region_tables(|table| table[8..12].fill(0))
    });
}

#[test]
fn regions_out_of_place() {
    let mib = MIB as u32;
    let refused = |id, offset, length| {
        refused("HV-D107", |file| file.move_region(id, offset, length));
    };
    refused(BAT_REGION, 2 * MIB, mib); // that of the metadata
    refused(METADATA_REGION, 3 * MIB, mib); // that of the BAT
    refused(BAT_REGION, 0, mib); // the header section
    refused(BAT_REGION, 3 * MIB + 4096, mib);
    refused(BAT_REGION, 3 * MIB, mib - 4096);
    refused(BAT_REGION, 3 * MIB, 0);
    refused(BAT_REGION, 1 << 40, mib);
    refused(BAT_REGION, u64::MAX << 20, mib);
    refused(METADATA_REGION, 2 * MIB, u32::MAX << 20);
    self::refused("HV-D107", |file| {
        file.add_region(BAT_REGION, 20 * MIB..21 * MIB, true)
    });
    self::refused("HV-D107", |file| {
        file.add_region(Uuid::from_u128(1), 3 * MIB..4 * MIB, false);
    });
    self::refused("HV-D117", |file| file.move_region(BAT_REGION, MIB, mib));
}

#[test]
fn the_metadata_table() {
    refused("HV-D110", |file| file.spoil(file.layout.metadata.start));
    refused("HV-D110", |file| {
        file.put(file.layout.metadata.start + 10, &2048_u16.to_le_bytes());
    });
    refused("HV-E111", |file| {
        file.add_item(Uuid::from_u128(1), REQUIRED, b"new")
    });
    refused("HV-E111", |file| {
        file.add_item(FILE_PARAMETERS, REQUIRED | 1, b"of the user")
    });
    refused("HV-D112", |file| {
        file.add_item(FILE_PARAMETERS, REQUIRED, b"a second one")
    });
}

#[test]
fn metadata_items_missing_short_or_outside() {
    let items = [
        FILE_PARAMETERS,
        VIRTUAL_DISK_SIZE,
        VIRTUAL_DISK_ID,
        LOGICAL_SECTOR_SIZE,
        PHYSICAL_SECTOR_SIZE,
    ];
    for id in items {
        let refused = |edit: fn(&mut [u8])| {
            self::refused("HV-D112", |file| file.edit_item_entry(id, edit));
        };
        refused(|entry| {
            entry[0] ^= 1; // another id
            entry[24] = 0; // and optional
        });
        refused(|entry| entry[20..24].copy_from_slice(&3_u32.to_le_bytes()));
        refused(|entry| entry[20..24].copy_from_slice(&(u32::MAX).to_le_bytes()));
        refused(|entry| entry[16..20].copy_from_slice(&0_u32.to_le_bytes()));
        refused(|entry| entry[16..20].copy_from_slice(&(MIB as u32 - 2).to_le_bytes()));
        refused(|entry| entry[16..20].copy_from_slice(&u32::MAX.to_le_bytes()));
    }
}

#[test]
fn sizes_that_no_disk_has() {
    for size in [0, 3 << 20, 512 << 10, 512 << 20, u32::MAX] {
        refused("HV-D113", |file| {
            file.put_item(FILE_PARAMETERS, &size.to_le_bytes())
        });
    }
    for id in [LOGICAL_SECTOR_SIZE, PHYSICAL_SECTOR_SIZE] {
        for size in [0, 520, 1024, u32::MAX] {
            refused("HV-D113", |file| file.put_item(id, &size.to_le_bytes()));
        }
    }
    for size in [0, 10 * MIB + 1, (64 << 40) + 512, u64::MAX, u64::MAX - 511] {
        refused("HV-D113", |file| {
            file.put_item(VIRTUAL_DISK_SIZE, &size.to_le_bytes())
        });
    }
    // 1 MiB of BAT is 131,072 entries: 127 GiB and some in blocks of 1 MiB.
    for size in [64_u64 << 40, 128 << 30] {
        refused("HV-D114", |file| {
            file.put_item(VIRTUAL_DISK_SIZE, &size.to_le_bytes())
        });
    }
}

#[test]
fn the_bat_may_be_exactly_large_enough() {
    // A dynamic disk's BAT may end with the last payload entry, a child's needs the bitmap's too.
    let entries = 131_072_u64;
    let chunks = entries / 4097;
    let fits = (entries - chunks) * MIB;
    let mut dynamic = Image::dynamic(MIB).build();
    dynamic.put_item(VIRTUAL_DISK_SIZE, &fits.to_le_bytes());
    assert_eq!(crate::open(&dynamic).disk_size(), fits);
    dynamic.put_item(VIRTUAL_DISK_SIZE, &(fits + 512).to_le_bytes());
    assert_eq!(refusal(&dynamic).code.id, "HV-D114");
    refused("HV-D114", |file| {
        file.put_item(VIRTUAL_DISK_SIZE, &fits.to_le_bytes())
    });
}

#[test]
fn parent_locators() {
    let linkage = ("parent_linkage", "{83ed0ec3-24c8-49a6-a959-5e4bf1288bfb}");
    let path = ("relative_path", r".\base.vhdx");
    let locator = |code, entries: &[(&str, &str)]| {
        refused(code, |file| file.put_locator(VHDX_LOCATOR, entries));
    };
    refused("HV-E116", |file| {
        file.put_locator(Uuid::from_u128(1), &[linkage, path])
    });
    locator("HV-D115", &[path]);
    locator("HV-D115", &[]);
    locator("HV-D115", &[("parent_linkage", "{not a guid}"), path]);
    locator(
        "HV-D115",
        &[("parent_linkage", "{00000000-0000-0000-0000-000000000000}")],
    );
    locator("HV-D115", &[linkage, linkage]);
    locator("HV-D115", &[linkage, path, path]);
    let item = |edit: fn(&mut [u8])| {
        refused("HV-D115", |file| file.edit_item_entry(PARENT_LOCATOR, edit));
    };
    item(|entry| {
        entry[0] ^= 1;
        entry[24] = 0;
    });
    item(|entry| entry[16..20].fill(0xFF));
    item(|entry| entry[20..24].copy_from_slice(&10_u32.to_le_bytes()));
    item(|entry| entry[20..24].copy_from_slice(&40_u32.to_le_bytes()));
    let entries = |bytes: &'static [u8], at: usize| {
        refused("HV-D115", |file| {
            let mut item = VHDX_LOCATOR.to_bytes_le().to_vec();
            item.extend([0, 0, 3, 0]);
            item.resize(at, 0);
            item.extend(bytes);
            file.put_item(PARENT_LOCATOR, &item);
        });
    };
    entries(&[0xFF; 4], 18); // 65,535 entries
    entries(&[0xFF; 4], 20); // a key far outside
    entries(&[3, 0, 3, 0], 28); // text of an odd length
}

#[test]
fn a_medium_that_does_not_give_the_metadata() {
    let file = built();
    let region = file.layout.metadata.start;
    let bytes = Failing::new(file.bytes, [region..region + 512]);
    let error = File::open(std::sync::Arc::new(bytes), "disk.vhdx", &Cache::default());
    let error = error.err().expect("refused");
    assert_eq!(error.fault().kind, FaultKind::CannotRead);
    assert_eq!(error.fault().file.as_deref(), Some("disk.vhdx"));
    let error = std::io::Error::from(error);
    assert_eq!(
        blockio::Fault::of(&error).expect("inside").kind,
        FaultKind::CannotRead
    );
}
