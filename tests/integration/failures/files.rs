//! Files of the guest that are lost in part, or that cannot be read yet: named, never zeros.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::Value;
use testkit::partition::{Gpt, GptPart};
use testkit::vhdx::{Image, state};

use super::{names, plain, run};
use crate::harness::{Outcome, Sources, Test, repository, temp_dir, test};
use crate::manifest::text;

pub(super) fn tests() -> Vec<Test> {
    vec![
        test!(one_alone_is_not_supported),
        test!(those_among_others_are_left_out),
        test!(each_unsupported_file_is_named_for_what_it_is),
        test!(a_lost_block_costs_the_ranges_that_were_in_it),
        test!(a_truncated_disk_costs_what_was_behind_its_end),
    ]
}

fn one_alone_is_not_supported() -> Outcome {
    let sources = Sources::testdata(&["ntfs/unsupported.img.zst"]);
    let image = sources.path("unsupported.img");
    for command in ["cat", "hash"] {
        let ran = run(command, &image, &["/dedup.bin"]).expect_code(15);
        assert!(ran.stdout.is_empty(), "{command}");
        for part in ["dedup.bin", "deduplicated", "HV-E221", "what to do: "] {
            assert!(
                ran.stderr.contains(part),
                "{command}: {part}: {}",
                ran.stderr
            );
        }
    }
    let out = temp_dir();
    let dest = out.path().join("out");
    let ran = run("extract", &image, &["/dedup.bin", "-o", plain(&dest)]).expect_code(15);
    for part in ["dedup.bin", "deduplicated", "HV-E221", "what to do: "] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert!(!dest.join("dedup.bin").exists());
    Ok(())
}

fn those_among_others_are_left_out() -> Outcome {
    let sources = Sources::testdata(&["ntfs/unsupported.img.zst"]);
    let image = sources.path("unsupported.img");
    let out = temp_dir();
    let dest = out.path().join("out");
    let ran = run("extract", &image, &["-o", plain(&dest)]).expect_code(3);
    assert!(
        ran.stderr.contains("dedup.bin") && ran.stderr.contains("deduplicated"),
        "{}",
        ran.stderr
    );
    assert_eq!(names(&dest), ["folder", "ordinary.txt", "wof.txt"]);
    let manifest = std::fs::read(repository().join("testdata/ntfs/unsupported.json"))?;
    let manifest: Value = serde_json::from_slice(&manifest)?;
    let ordinary = manifest["entries"].as_array().expect("entries").iter();
    let ordinary =
        ordinary.filter(|entry| entry["kind"] == "file" && entry["unsupported"].is_null());
    for entry in ordinary {
        let path = text(&entry["path"]);
        let bytes = std::fs::read(dest.join(&path[1..]))?;
        let sum = crate::harness::program::sha256(&bytes);
        assert_eq!(sum, text(&entry["streams"][""]["sha256"]), "{path}");
    }
    let hashed = run("hash", &image, &["-R"]).expect_code(3);
    assert_eq!(hashed.text().lines().count(), 3);
    Ok(())
}

fn each_unsupported_file_is_named_for_what_it_is() -> Outcome {
    let sources = Sources::testdata(&["ntfs/unsupported.img.zst"]);
    let image = sources.path("unsupported.img");
    let lines = run("hash", &image, &["-R", "--json"])
        .expect_code(3)
        .json_lines();
    for (file, word) in [
        ("/dedup.bin", "dedup"),
        ("/cloud.docx", "cloud"),
        ("/hsm.bin", "hsm"),
        ("/efs.txt", "efs"),
        ("/vendor.bin", "0x00001234"),
    ] {
        let line = lines.iter().find(|line| line["path"] == file).expect(file);
        assert_eq!(line["type"], "error", "{file}");
        assert!(text(&line["code"]).starts_with("HV-E"), "{line}");
        let message = text(&line["message"]).to_lowercase();
        assert!(message.contains(word), "{file}: {message}");
    }
    Ok(())
}

const SECTOR: usize = 512;

/// A volume, and where in it the sectors of its one large file lie.
struct Known {
    volume: Vec<u8>,
    content: Vec<u8>,
    /// Place of each whole sector of the content, in its order.
    places: Vec<usize>,
}

const LARGE: &str = "/large.txt";

impl Known {
    /// The sectors are found by what they hold: that takes no reader of file systems.
    fn new() -> Self {
        let sources = Sources::testdata(&["ntfs/plain.img.zst"]);
        let image = sources.path("plain.img");
        let volume = std::fs::read(&image).expect("unpacked");
        let content = run("cat", &image, &[LARGE]).expect_code(0).stdout;
        let sectors = volume.chunks(SECTOR).enumerate();
        let by_content: HashMap<&[u8], usize> = sectors
            .map(|(number, bytes)| (bytes, number * SECTOR))
            .collect();
        let places = content.chunks_exact(SECTOR).map(|bytes| by_content[bytes]);
        let places = places.collect();
        Self {
            volume,
            content,
            places,
        }
    }

    /// The ranges of the file that lie within `gone` of the volume. The end of the last sector,
    /// which is not whole, goes with the one before it.
    fn lost(&self, gone: &Range<usize>) -> Vec<Range<u64>> {
        let mut lost: Vec<Range<u64>> = Vec::new();
        for (number, place) in self.places.iter().enumerate() {
            let mut range = (number * SECTOR) as u64..((number + 1) * SECTOR) as u64;
            if number + 1 == self.places.len() {
                range.end = self.content.len() as u64;
            }
            if !gone.contains(place) {
                continue;
            }
            match lost.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => lost.push(range),
            }
        }
        lost
    }

    /// Extracts from `disk`, which lacks `gone`, and looks at what came.
    fn check(&self, disk: &std::path::Path, gone: &Range<usize>, code: &str) {
        let lost = self.lost(gone);
        assert!(!lost.is_empty(), "the file is hit");
        let out = temp_dir();
        let dest = out.path().join("out");
        let ran = run("extract", disk, &[LARGE, "-o", plain(&dest)]).expect_code(3);
        for part in ["large.txt", code, "what to do: ", "cannot be had"] {
            assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        }
        assert_eq!(
            names(&dest),
            [
                ".hvrestore-journal.jsonl",
                "large.txt.partial",
                "large.txt.partial.json"
            ]
        );
        let list = std::fs::read(dest.join("large.txt.partial.json")).expect("the list");
        let list: Value = serde_json::from_slice(&list).expect("valid JSON");
        assert_eq!(list["path"], LARGE);
        assert_eq!(list["size"], self.content.len());
        let ranges: Vec<_> = list["lost"]
            .as_array()
            .expect("ranges")
            .iter()
            .map(range)
            .collect();
        assert_eq!(ranges, lost);
        let mut expected = self.content.clone();
        for range in &lost {
            expected[range.start as usize..range.end as usize].fill(0);
        }
        let saved = std::fs::read(dest.join("large.txt.partial")).expect("the partial file");
        assert!(saved == expected, "the rest is right and the gap is a hole");
        // Hashes and streams of bytes have no holes.
        let hashed = run("hash", disk, &[LARGE]).expect_code(13);
        assert!(hashed.stdout.is_empty());
        let streamed = run("cat", disk, &[LARGE]);
        assert!(matches!(streamed.code, Some(3 | 13)), "{:?}", streamed.code);
        assert!(streamed.stdout.len() as u64 <= lost[0].start);
        let none = out.path().join("none");
        run(
            "extract",
            disk,
            &[LARGE, "--no-partial", "-o", plain(&none)],
        )
        .expect_code(13);
        assert!(!none.join("large.txt.partial").exists());
    }
}

fn range(range: &Value) -> Range<u64> {
    let number = |key| range[key].as_u64().expect("a number");
    number("offset")..number("offset") + number("length")
}

/// In a partition that begins so that a block of the disk ends in the middle of the file.
fn a_lost_block_costs_the_ranges_that_were_in_it() -> Outcome {
    let known = Known::new();
    let middle = known.places[known.places.len() / 2];
    let mut gpt = Gpt::new(vec![GptPart::data("data", known.volume.clone())]);
    gpt.alignment = (1 << 20) - middle % (1 << 20);
    let disk = gpt.build();
    let (start, _) = gpt.places()[0].expect("the one partition");
    assert_eq!((start + middle) % (1 << 20), 0);
    let mut image = Image::dynamic((disk.len() as u64).next_multiple_of(512));
    image.write(0, &disk);
    let mut file = image.build();
    let block = ((start + middle) >> 20) as u64;
    file.set_bat_entry(block, state::PRESENT, 1 << 40);
    let folder = temp_dir();
    file.write_to(&folder.path().join("disk.vhdx"))?;
    let sources = Sources::made(folder);
    let gone = middle..middle + (1 << 20);
    known.check(&sources.path("disk.vhdx"), &gone, "HV-D123");
    Ok(())
}

fn a_truncated_disk_costs_what_was_behind_its_end() -> Outcome {
    let known = Known::new();
    let mut image = Image::fixed(known.volume.len() as u64);
    image.write(0, &known.volume);
    let middle = known.places[known.places.len() / 2];
    let mut file = image.build();
    let block = (middle >> 20) as u64;
    let end = file.layout.places[&block] + (middle & 0xf_ffff) as u64;
    file.truncate(end);
    let folder = temp_dir();
    file.write_to(&folder.path().join("disk.vhdx"))?;
    let sources = Sources::made(folder);
    known.check(
        &sources.path("disk.vhdx"),
        &(middle..known.volume.len()),
        "HV-D123",
    );
    Ok(())
}
