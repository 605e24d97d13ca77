# --- Where the files are, and where they go --------------------------------------------------------

function Assert-EmptyFolder([string] $Path) {
    if ((Test-Path -LiteralPath $Path) -and @(Get-ChildItem -LiteralPath $Path -Force).Count -gt 0) {
        Stop-Import ('{0} is not empty.' -f $Path) 'name a new or empty folder'
    }
}

function Assert-Room([string] $Path, [long] $Bytes) {
    $root = [IO.Path]::GetPathRoot($Path)
    if ($root.StartsWith('\\')) { return }
    $free = (New-Object IO.DriveInfo -ArgumentList $root).AvailableFreeSpace
    if ($free -lt $Bytes) {
        Stop-Import ('{0} has {1:N0} MB free, and {2:N0} MB are needed.' -f $root, ($free / $Mebibyte), ($Bytes / $Mebibyte)) 'make room, or name another -Destination; -Mode Register copies nothing'
    }
}

# Disks and CD images, relative to the folder.
function Get-SetFiles {
    $Files | ForEach-Object { $_.Path }
    $Drives | Where-Object { $_.Kind -eq 'Iso' -and $_.File } | ForEach-Object { $_.File } | Sort-Object -Unique
}

# The disks to another folder, under the same relative names, so that parents are found. Each is copied
# under another name first: what looks whole is whole.
function Copy-Disks([string] $To) {
    $bytes = [long] 0
    foreach ($file in @(Get-SetFiles)) { $bytes += (Get-Item -LiteralPath (Join-Folder $Folder $file)).Length }
    Assert-Room $To $bytes
    foreach ($file in @(Get-SetFiles)) {
        $target = Join-Folder $To $file
        [void] [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($target))
        Write-Detail ('copying {0}' -f $file)
        Copy-Item -LiteralPath (Join-Folder $Folder $file) -Destination ($target + '.part')
        [IO.File]::Move($target + '.part', $target)
    }
}

# Where the machine will be, and its disks: here, or where they are copied to.
function Resolve-Places {
    if ($Mode -eq 'Register') {
        if ($Destination -or $VhdDestination) {
            Stop-Import '-Mode Register leaves the files where they are.' 'use -Mode Restore or -Mode Copy with -Destination'
        }
        return @{ Machine = $Folder; Disks = $Folder }
    }
    if (-not $Destination) {
        Stop-Import ('-Mode {0} copies the files and must know where to.' -f $Mode) 'add -Destination FOLDER'
    }
    $machinePlace = Get-WholePath $Destination
    $diskPlace = if ($VhdDestination) { Get-WholePath $VhdDestination } else { $machinePlace }
    Assert-EmptyFolder $machinePlace
    Assert-EmptyFolder $diskPlace
    return @{ Machine = $machinePlace; Disks = $diskPlace }
}

# What a run that failed copied.
function Remove-Copies {
    foreach ($place in @($Places.Machine, $Places.Disks)) {
        if (Test-Path -LiteralPath $place) { Remove-Item -LiteralPath $place -Recurse -Force }
    }
}
