#!/usr/bin/env python3
"""names: case twins, lone surrogates, 255 characters, 60 levels, hostile text, short names.

`lookups` of an entry are other spellings that must find it by the volume's case rule.
"""

from content import prose
from volume import MIB, Volume

ODD = [
    "/trailing dot.",
    "/trailing space ",
    "/.hidden",
    "/con",
    "/aux.txt",
    "/back\\slash.txt",
    "/question?.txt",
    "/star*.txt",
    "/quote\".txt",
    "/pipe|less<more>.txt",
    "/line\nfeed.txt",
    "/escape \x1b[31mred.txt",
    "/tab\tbed.txt",
    "/del\x7f.txt",
    "/rtl \u202etxt.exe",
    "/\u00e9 composed.txt",
    "/e\u0301 decomposed.txt",
    "/\u65e5\u672c\u8a9e.txt",
    "/\U0001f5c4 cabinet.txt",
    "/zero\u200bwidth.txt",
]

# path: other spellings of the same file
FOLDED = {
    "/Stra\u00dfe.txt": ["/STRA\u00dfE.TXT", "/stra\u00dfe.txt"],
    "/\u00c4rger \u00e9t\u00e9.txt": ["/\u00e4RGER \u00c9T\u00c9.TXT"],
    "/\u03a9mega \u03c3.txt": ["/\u03c9MEGA \u03a3.txt"],
    "/\u0416\u0443\u043a.txt": ["/\u0436\u0423\u041a.TXT"],
    "/MixedCase.Txt": ["/mixedcase.txt", "/MIXEDCASE.TXT"],
}


def main():
    volume = Volume("names", "case twins, lone surrogates, 255 characters, 60 levels, short names")
    with volume.mounted():
        for n, path in enumerate(ODD):
            volume.file(path, prose(f"odd {n}", 30 + n))
        for path, others in FOLDED.items():
            volume.file(path, prose(path, 50))
            volume.note(path, lookups=others)
        case_twins(volume)
        surrogates(volume)
        volume.file("/" + "n" * 251 + ".txt", prose("255", 255))
        volume.file("/" + "\u5b57" * 255, prose("255 wide", 255))
        volume.dir("/" + "d" * 255)
        deep(volume)
        short_names(volume)
    volume.pack()


def case_twins(volume):
    volume.dir("/twins")
    for name in ("readme", "README", "ReadMe", "readMe"):
        volume.file(f"/twins/{name}", f"this is {name}\n".encode())
    volume.dir("/twins/Folder")
    volume.dir("/twins/FOLDER")
    volume.file("/twins/Folder/a.txt", b"in Folder\n")
    volume.file("/twins/FOLDER/a.txt", b"in FOLDER\n")


def surrogates(volume):
    """UTF-16 units that pair with nothing; two of them fall together when made UTF-8 carelessly."""
    volume.dir("/lone \udc00 folder")
    for path in ("/high \ud800.txt", "/high \ud801.txt", "/\udfff low.txt", "/swapped \udc00\ud800.txt",
                 "/lone \udc00 folder/\ud83d.bin"):
        volume.file(path, ascii(path).encode())


def deep(volume):
    """60 levels with long names: a path of 3,600 characters."""
    path = ""
    for level in range(60):
        path += f"/level {level:02} " + "x" * 50
        volume.dir(path)
    volume.file(f"{path}/bottom.txt", b"sixty levels down\n")


def short_names(volume):
    """DOS twins: a second $FILE_NAME of the same file, not a second file."""
    volume.dir("/Program Data Files")
    volume.file("/Program Data Files/configuration.settings", b"[settings]\n")
    volume.file("/Program Data Files/configuration.setup", b"[setup]\n")
    volume.set_short_name("/Program Data Files/configuration.settings", "CONFIG~1.SET")
    volume.set_short_name("/Program Data Files/configuration.setup", "CONFIG~2.SET")
    volume.set_short_name("/Program Data Files", "PROGRA~1")
    volume.note("/Program Data Files/configuration.setup", lookups=["/PROGRA~1/CONFIG~2.SET"])


if __name__ == "__main__":
    main()
