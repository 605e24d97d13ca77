# --- A new machine around the disks ---------------------------------------------------------------

$Folder = $PSScriptRoot
$Name = if ($NewName) { $NewName } else { $Machine.Name }
# The machine's own folder has a name that every disk can hold, whatever the machine is called.
$MachineFolder = 'New machine'
# Where the configuration does not say: enough for a Windows to start.
$StartupBytes = if ($Machine.MemoryMB) { $Machine.MemoryMB * $Mebibyte } else { 2048 * $Mebibyte }

function Assert-Disks {
    $count = 0
    foreach ($file in $Files) {
        foreach ($path in @(Get-Chain (Join-Folder $DiskFolder $file.Path))) {
            if (-not (Test-Beneath $path $OwnFolders)) {
                Stop-Import ('{0} needs {1}, which is not in {2}.' -f $file.Path, $path, ($OwnFolders -join ', ')) 'do not attach this disk: the other one may belong to a running machine. Restore again'
            }
            $count++
        }
    }
    Write-Detail ('{0} disks, all in the restored folder' -f $count)
}

function Set-Hardware($Vm) {
    $count = [Math]::Min((Get-LogicalProcessors), [Math]::Max(1, [int] $Machine.Processors))
    Set-VMProcessor -VM $Vm -Count $count -CompatibilityForMigrationEnabled $Machine.CompatibleProcessors
    if ($Machine.NestedVirtualization) { Set-VMProcessor -VM $Vm -ExposeVirtualizationExtensions $true }
    if ($Machine.DynamicMemory -and $Machine.MinimumMB -and $Machine.MaximumMB) {
        Set-VMMemory -VM $Vm -DynamicMemoryEnabled $true -StartupBytes $StartupBytes -MinimumBytes ($Machine.MinimumMB * $Mebibyte) -MaximumBytes ($Machine.MaximumMB * $Mebibyte)
    }
    else {
        Set-VMMemory -VM $Vm -DynamicMemoryEnabled $false -StartupBytes $StartupBytes
    }
}

function Add-Drives($Vm) {
    Get-VMDvdDrive -VM $Vm | Remove-VMDvdDrive
    while (@(Get-VMScsiController -VM $Vm).Count -lt $Machine.ScsiControllers) { Add-VMScsiController -VM $Vm }
    foreach ($drive in $Drives) {
        if ($drive.Kind -eq 'Disk' -and $drive.File) {
            Add-VMHardDiskDrive -VM $Vm -ControllerType $drive.Controller -ControllerNumber $drive.Number -ControllerLocation $drive.Location -Path (Join-Folder $DiskFolder $drive.File)
        }
        elseif ($drive.Kind -eq 'Iso' -and $drive.File) {
            Add-VMDvdDrive -VM $Vm -ControllerNumber $drive.Number -ControllerLocation $drive.Location -Path (Join-Folder $DiskFolder $drive.File)
        }
        elseif ($drive.Kind -eq 'Iso') {
            Add-VMDvdDrive -VM $Vm -ControllerNumber $drive.Number -ControllerLocation $drive.Location
        }
    }
}

function Add-Adapters($Vm) {
    Get-VMNetworkAdapter -VM $Vm | Remove-VMNetworkAdapter
    foreach ($adapter in $Adapters) {
        $arguments = @{ VM = $Vm; Name = $adapter.Name; Passthru = $true }
        if ($adapter.Legacy) { $arguments['IsLegacy'] = $true }
        $new = Add-VMNetworkAdapter @arguments
        if ($adapter.StaticMac) { Set-VMNetworkAdapter -VMNetworkAdapter $new -StaticMacAddress ($adapter.Mac -replace '[-:]', '') }
        if ($adapter.HasVlan) {
            # Untagged on the wrong network is worse than on none: the operator says which.
            Write-Caution ('{0} had a VLAN, which only its old host knows; it stays disconnected. Set it (Set-VMNetworkAdapterVlan), then connect it (Connect-VMNetworkAdapter)' -f $adapter.Name)
            continue
        }
        $target = Get-SwitchFor $adapter.Switch
        if ($target) {
            Connect-VMNetworkAdapter -VMNetworkAdapter $new -SwitchName $target
            Write-Detail ('{0} goes to {1}' -f $adapter.Name, $target)
        }
        else { Write-Detail ('{0} stays disconnected' -f $adapter.Name) }
    }
}

function Set-Boot($Vm) {
    if ($Machine.Generation -eq 1) {
        if ($Machine.BootOrder.Count -eq 4) { Set-VMBios -VM $Vm -StartupOrder $Machine.BootOrder }
        return
    }
    $secure = if ($Machine.SecureBoot) { 'On' } else { 'Off' }
    Set-VMFirmware -VM $Vm -EnableSecureBoot $secure
    if ($Machine.SecureBoot -and $Machine.SecureBootTemplate) {
        Set-VMFirmware -VM $Vm -SecureBootTemplateId $Machine.SecureBootTemplate
    }
    $first = @(Get-VMHardDiskDrive -VM $Vm)[0]
    if ($first) { Set-VMFirmware -VM $Vm -FirstBootDevice $first }
}

# A name that Hyper-V does not take is no reason to throw the machine away.
function Set-MachineName($Vm) {
    try { Rename-VM -VM $Vm -NewName $Name }
    catch { Write-Caution ('the machine keeps the name {0}: {1}. Give it another: Rename-VM' -f $MachineFolder, $_.Exception.Message) }
}

# Made under a plain name, as its folder is called so, and renamed at the end.
function New-Machine {
    $vm = New-VM -Name $MachineFolder -Path $Places.Machine -Generation $Machine.Generation -MemoryStartupBytes $StartupBytes -NoVHD
    try {
        Set-Hardware $vm
        Add-Drives $vm
        Add-Adapters $vm
        Set-Boot $vm
        Grant-Access ([string] $vm.Id)
        Set-MachineName $vm
        return (Get-Registered ([string] $vm.Id))
    }
    catch {
        Remove-VM -VM $vm -Force
        $left = Join-Folder $Places.Machine $MachineFolder
        if (Test-Path -LiteralPath $left) { Remove-Item -LiteralPath $left -Recurse -Force }
        throw
    }
}

function Write-NotCarried {
    foreach ($thing in $NotCarried) { Write-Caution ('not carried over: {0}' -f $thing) }
}

Assert-Host
Initialize-Paths
$Places = Resolve-Places
# A rehearsal copies nothing, so it looks at the disks where they are.
$DiskFolder = if ($Check) { $Folder } else { $Places.Disks }
$OwnFolders = @($DiskFolder)
Write-HostRows
if ($Mode -eq 'Register') { Assert-FolderIsFree }
if ($Check) {
    Repair-Chains
    Assert-Disks
    Write-NotCarried
    Write-Step 'The rehearsal went well, and nothing was changed. Next: run this script without -Check'
    return
}
Write-Step 'Making the machine'
try {
    if ($Mode -ne 'Register') { Copy-Disks $Places.Disks }
    Clear-Marks
    Repair-Chains
    Assert-Disks
    $vm = New-Machine
}
catch {
    if ($Mode -ne 'Register') { Remove-Copies }
    throw
}
Write-Next $vm
Write-NotCarried
Start-Machine $vm
