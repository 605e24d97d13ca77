# --- Marks of files -------------------------------------------------------------------------------
# Hyper-V attaches no disk whose file is sparse, compressed or encrypted (0xC03A001A). A copy may have
# become so on its way here: in a compressed folder, by a tool that leaves holes, from another system.

# Those of the marks that a file has.
function Get-Marks([string] $Path) {
    $attributes = (Get-Item -LiteralPath $Path -Force).Attributes
    foreach ($mark in 'SparseFile', 'Compressed', 'Encrypted') {
        if ($attributes -band [IO.FileAttributes] $mark) { $mark }
    }
}

function Write-MarkRows {
    foreach ($file in $Files) {
        $path = Join-Folder $Folder $file.Path
        if (-not (Test-Path -LiteralPath $path)) { continue }
        $marks = @(Get-Marks $path)
        if ($marks.Count -eq 0) { continue }
        Write-Row 'warn' 'disk file' ('{0} is marked: {1}. Hyper-V attaches no such file' -f $file.Path, ($marks -join ', ')) 'the script takes the mark away before it imports'
    }
}

# Runs a program of Windows. Each argument goes as one word, whatever is in it.
function Invoke-Program([string] $Program, [string[]] $Arguments) {
    $path = [IO.Path]::Combine($env:SystemRoot, 'System32', $Program)
    $output = & $path $Arguments
    if ($LASTEXITCODE -ne 0) { Write-Caution ('{0}: {1}' -f $Program, ($output -join ' ')) }
}

function Remove-Mark([string] $Path, [string] $Mark) {
    Write-Detail ('{0}: taking the mark {1} away' -f $Path, $Mark)
    switch ($Mark) {
        'SparseFile' { Invoke-Program 'fsutil.exe' @('sparse', 'setflag', $Path, '0') }
        'Compressed' { Invoke-Program 'compact.exe' @('/u', $Path) }
        'Encrypted' { Invoke-Program 'cipher.exe' @('/d', $Path) }
    }
}

# The bytes stay the same. Holes and what was compressed take room then; Windows says so if there is none.
function Clear-Marks {
    foreach ($file in $Files) {
        $path = Join-Folder $DiskFolder $file.Path
        if (-not (Test-Path -LiteralPath $path)) { continue }
        foreach ($mark in @(Get-Marks $path)) { Remove-Mark $path $mark }
        $left = @(Get-Marks $path)
        if ($left.Count -gt 0) {
            Stop-Import ('{0} is still marked: {1}. Hyper-V attaches no such file (0xC03A001A).' -f $path, ($left -join ', ')) 'copy the whole folder (Copy-Item -Recurse) to one that is neither compressed nor encrypted, with room for it: copies have no marks. Encrypted files only their owner can copy. Then run the script there'
        }
    }
}
