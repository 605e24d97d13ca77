# --- The import -----------------------------------------------------------------------------------

$Folder = $PSScriptRoot
$MarkerPath = Join-Folder $Folder 'import.running'
$GiveNewId = ($Mode -eq 'Copy') -or $Machine.NewId
$ImportedId = $null

# Everything that can be done to a planned machine. The order matters: drives before the last look,
# the last look before Hyper-V's own check.
function Set-Planned($Planned) {
    Remove-LostCheckpoints $Planned
    foreach ($configuration in @(Get-Configurations $Planned)) {
        Remove-PassThrough $configuration
        Set-Drives $configuration
        Set-Connections $configuration
        Set-Processors $configuration
    }
    Clear-SavedMemory $Planned
    Set-Roots $Planned $Places.Machine
    if (-not $Check) { Grant-Access $Planned.Name }
    Assert-Bound $Planned
    Assert-Valid $Planned
}

function Import-Machine {
    Set-Marker $Machine.Id
    $source = Get-ConfigurationSource
    if (-not $Check) {
        if ($Mode -eq 'Register') { $source = Move-ConfigurationsAside }
        else { Copy-Disks $Places.Disks }
        Clear-Marks
    }
    Repair-Chains
    $planned = New-Planned $source $GiveNewId
    $script:ImportedId = $planned.Name
    Set-Marker $planned.Name
    try {
        Set-Planned $planned
        if ($Check) { return $null }
        Complete-Planned $planned
        $planned = $null
        return (Get-Registered $script:ImportedId)
    }
    finally {
        if ($planned) { Remove-Planned $planned }
    }
}

# After a failure everything is as it was, unless Hyper-V has the machine all the same.
function Undo-Import {
    if ($Check) { return }
    if ($script:ImportedId -and (Get-Registered $script:ImportedId)) {
        Write-Caution ('Hyper-V has the machine in spite of the error: look at it before you start it. To take it out: Get-VM -Id {0} | Remove-VM' -f $script:ImportedId)
    }
    elseif ($Mode -eq 'Register') { Move-ConfigurationsBack }
    else { Remove-Copies }
}

# Replication would reach for a partner that knows nothing of this copy.
function Remove-Replication($Vm) {
    if ($Vm.ReplicationState -eq 'Disabled') { return }
    try {
        Remove-VMReplication -VM $Vm
        Write-Detail 'replication removed'
    }
    catch {
        Stop-Import ('the machine is imported, but its replication could not be removed: {0}' -f $_.Exception.Message) ('before you start it: Get-VM -Id {0} | Remove-VMReplication' -f $Vm.Id)
    }
}

function Complete-Machine($Vm) {
    Remove-Replication $Vm
    Assert-MemoryGone $Vm
    Write-Next $Vm
    Start-Machine $Vm
}

Assert-Host
Initialize-Paths
$Places = Resolve-Places
# A rehearsal copies nothing, so it looks at the disks where they are.
$DiskFolder = if ($Check) { $Folder } else { $Places.Disks }
$OwnFolders = @($DiskFolder)
Write-HostRows
Write-VersionRow
Write-IdRow
if (-not (Test-TakesVersion)) {
    Stop-Import ('this host does not take configuration version {0}.' -f $Machine.Version) $Machine.VersionRemedy
}
if (-not $GiveNewId) { Assert-IdIsFree $Machine.Id }
if ($Mode -eq 'Register') { Assert-FolderIsFree }
Clear-Planned
Write-Step 'Importing'
$vm = $null
try {
    $vm = Import-Machine
}
catch {
    Undo-Import
    Remove-Item -LiteralPath $MarkerPath
    throw
}
Remove-Item -LiteralPath $MarkerPath
if ($Check) {
    Write-Step 'The rehearsal went well, and nothing was changed. Next: run this script without -Check'
}
else {
    Complete-Machine $vm
}
