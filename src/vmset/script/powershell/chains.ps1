# --- Chains of disks ------------------------------------------------------------------------------

# A disk and its parents, the disk first. Bounded: a chain in a circle ends as an error.
function Get-Chain([string] $Path) {
    $chain = @()
    while ($Path) {
        if ($chain -contains $Path -or $chain.Count -gt 1024) {
            Stop-Import ('the parents of {0} go in a circle.' -f $chain[0]) 'restore again with --as-of: that needs no parents'
        }
        $chain += $Path
        $Path = (Get-VHD -Path $Path).ParentPath
    }
    return $chain
}

# Whether a child names the parent that the set has for it, by whatever spelling.
function Test-Parent([string] $Child, [string] $Parent) {
    try { $named = (Get-VHD -Path $Child).ParentPath } catch { return $false }
    if (-not $named) { return $false }
    $canonical = Get-CanonicalPath $named
    return ($null -ne $canonical) -and (Test-Same $canonical (Get-CanonicalPath $Parent))
}

# From the base to the leaf, as the tables list them. -IgnoreIdMismatch is never used: a parent whose id
# differs is another disk.
function Repair-Chains {
    foreach ($file in $Files) {
        $path = Join-Folder $DiskFolder $file.Path
        if (-not (Test-Path -LiteralPath $path)) {
            Stop-Import ('{0} is not there.' -f $path) 'restore again: the set is not whole'
        }
        if (-not $file.Parent) { continue }
        $parent = Join-Folder $DiskFolder $file.Parent
        if (Test-Parent $path $parent) { continue }
        if ($Check) {
            Stop-Import ('{0} does not find its parent {1}, and a rehearsal changes nothing.' -f $path, $parent) 'run this script without -Check, which sets the parent (Set-VHD -ParentPath) before it imports'
        }
        Set-VHD -Path $path -ParentPath $parent
        Write-Detail ('{0}: its parent is {1}' -f $path, $parent)
    }
    foreach ($file in $Files) {
        $path = Join-Folder $DiskFolder $file.Path
        # A rehearsal takes no mark away, and has told of it.
        if ($Check -and @(Get-Marks $path).Count -gt 0) { continue }
        if (-not (Test-VHD -Path $path -ErrorAction SilentlyContinue)) {
            Stop-Import ('Hyper-V does not accept the disk {0}.' -f $path) 'hvrestore verify names what is wrong with it; restore again, or another checkpoint with --as-of'
        }
    }
}
