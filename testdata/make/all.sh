#!/usr/bin/env bash
# Makes everything under testdata/ anew, checks it with the independent readers and writes the table
# of README.md. Needs root, FUSE and the packages of .ci/packages. The same scripts make the same
# bytes. The tests use what is committed and never run this.
set -euo pipefail
cd "$(dirname "$0")"
for script in ntfs_plain ntfs_streams ntfs_vdl ntfs_sparse ntfs_fragments ntfs_links ntfs_lznt1 \
  ntfs_mft ntfs_geometry ntfs_names ntfs_metadata ntfs_security ntfs_unsupported ntfs_hidden ntfs_wof \
  ntfs_many ntfs_deleted ntfs_broken demo demo_machine guest; do
  python3 "$script.py"
done
python3 verify.py
python3 checksums.py
