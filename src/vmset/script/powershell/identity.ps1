# --- Version and id -------------------------------------------------------------------------------

# The versions that this host takes. Hosts before 2016 cannot be asked: they take 5.0 alone.
function Get-TakenVersions {
    if (Get-Command -Name 'Get-VMHostSupportedVersion' -ErrorAction SilentlyContinue) {
        return @(Get-VMHostSupportedVersion | ForEach-Object { ([version] $_.Version).ToString(2) })
    }
    return @('5.0')
}

function Test-TakesVersion {
    (-not $Machine.Version) -or ((Get-TakenVersions) -contains $Machine.Version)
}

# A string for a command line that is shown: in single quotes, as PowerShell reads it back.
function Get-Quoted([string] $Text) {
    $quote = [string] [char] 39
    $quote + ($Text -replace '([\u0027\u2018-\u201B])', '$1$1') + $quote
}

# The machine that has the id is somebody's running work: it is left alone.
function Assert-IdIsFree([string] $Id) {
    $existing = Get-Registered $Id
    if (-not $existing) { return }
    $what = 'this host already has the machine {0} with the id {1} ({2}). It is not touched.' -f $existing.Name, $Id, $existing.State
    $next = 'make a second machine with -Mode Copy -Destination FOLDER. Or, to replace it, first copy it aside: Export-VM -Name {0} -Path FOLDER; then remove it yourself: Remove-VM -Name {0} (its disks stay); then run this again' -f (Get-Quoted $existing.Name)
    Stop-Import $what $next
}

function Write-VersionRow {
    $taken = (Get-TakenVersions) -join ', '
    if (Test-TakesVersion) {
        Write-Row 'pass' 'version' ('{0}; this host takes {1}' -f $Machine.Version, $taken) ''
    }
    else {
        Write-Row 'block' 'version' ('{0}; this host takes {1}' -f $Machine.Version, $taken) $Machine.VersionRemedy
    }
}

function Write-IdRow {
    $existing = Get-Registered $Machine.Id
    if ($existing) {
        Write-Row 'warn' 'id' ('this host has it already: {0}' -f $existing.Name) '-Mode Copy makes a second machine'
    }
    else {
        Write-Row 'pass' 'id' ('{0} is free' -f $Machine.Id) ''
    }
}
