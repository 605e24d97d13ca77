# --- Drives ---------------------------------------------------------------------------------------
# A configuration keeps the paths of the host that it came from. Where such a path exists on this host,
# it is the live disk of a running machine. So every drive is mapped, and then looked at again.

$DiskKind = 'Microsoft:Hyper-V:Virtual Hard Disk'
$DvdKind = 'Microsoft:Hyper-V:Virtual CD/DVD Disk'
$PassThroughKind = 'Microsoft:Hyper-V:Physical Disk Drive'

# Where a recorded path is now: $null if the tables do not know it, '' if the backup has not got it.
# The tables of this configuration come first; those of others only if they all agree.
function Find-Restored([string] $Recorded, $State) {
    $known = @($Drives | Where-Object { Test-Same $_.Recorded $Recorded })
    if ($State) {
        $own = @($known | Where-Object { $_.State -eq $State.Id })
        if ($own.Count -gt 0) { $known = $own }
    }
    $restored = @($known | ForEach-Object { [string] $_.File } | Sort-Object -Unique)
    if ($restored.Count -ne 1) { return $null }
    if ($restored[0] -eq '') { return '' }
    return (Join-Folder $DiskFolder $restored[0])
}

function Set-Drives($Configuration) {
    $state = Get-State $Configuration
    foreach ($drive in @(Get-Part $Configuration 'Msvm_StorageAllocationSettingData')) {
        $recorded = [string] @($drive.HostResource)[0]
        if (-not $recorded) { continue }
        $restored = Find-Restored $recorded $state
        if ($restored) {
            Set-Resource $drive @{ HostResource = [string[]] @($restored) }
            Write-Detail ('{0}: {1} -> {2}' -f $Configuration.ElementName, $recorded, $restored)
        }
        elseif ($drive.ResourceSubType -ne $DiskKind) {
            Remove-Resource $drive
            Write-Detail ('{0}: {1} taken out of its drive' -f $Configuration.ElementName, $recorded)
        }
        elseif ($restored -eq '') {
            Remove-Drive $Configuration $drive
            Write-Caution ('{0}: the disk {1} is not in the backup; its drive is removed' -f $Configuration.ElementName, $recorded)
        }
        else {
            Stop-Import ('{0} names the disk {1}, which the set does not know.' -f $Configuration.ElementName, $recorded) 'see that the configurations beside this script are those of the set; restore again if in doubt'
        }
    }
}

# A disk and the drive that it is in.
function Remove-Drive($Configuration, $Disk) {
    $id = Get-InstanceId $Disk.Parent
    Remove-Resource $Disk
    foreach ($drive in @(Get-Part $Configuration 'Msvm_ResourceAllocationSettingData')) {
        if (Test-Same $drive.InstanceID $id) { Remove-Resource $drive }
    }
}

function Remove-PassThrough($Configuration) {
    $physical = @(Get-Part $Configuration 'Msvm_ResourceAllocationSettingData' | Where-Object { $_.ResourceSubType -eq $PassThroughKind })
    foreach ($drive in $physical) {
        if ($KeepPassThrough) {
            Write-Caution ('{0}: a disk of the old host is kept, as asked; see that it is the right one here' -f $Configuration.ElementName)
            continue
        }
        Remove-Resource $drive
        Write-Caution ('{0}: a disk of the old host is removed; its data come from a backup made inside the guest' -f $Configuration.ElementName)
    }
}

# The files of every drive of every configuration, as Hyper-V has them now.
function Get-DriveFiles($Planned) {
    foreach ($configuration in @(Get-Configurations $Planned)) {
        foreach ($drive in @(Get-Part $configuration 'Msvm_StorageAllocationSettingData')) {
            $path = [string] @($drive.HostResource)[0]
            if (-not $path) { continue }
            New-Object PSObject -Property @{ Owner = $configuration.ElementName; Path = $path; IsDisk = ($drive.ResourceSubType -eq $DiskKind) }
        }
    }
}

# The last word before the machine is made real: every drive and every parent lies in the set.
function Assert-Bound($Planned) {
    $count = 0
    foreach ($file in @(Get-DriveFiles $Planned)) {
        $chain = @($file.Path)
        if ($file.IsDisk) { $chain = @(Get-Chain $file.Path) }
        foreach ($path in $chain) {
            if (-not (Test-Beneath $path $OwnFolders)) {
                Stop-Import ('{0} would use {1}, which is not in {2}. Nothing was imported.' -f $file.Owner, $path, ($OwnFolders -join ', ')) 'do not import this set by other means: that disk may belong to a running machine. Restore again, or report it with the output of this script'
            }
            $count++
        }
        Write-Detail ('{0}: {1}' -f $file.Owner, ($chain -join ' <- '))
    }
    Write-Detail ('{0} files, all in the restored folder' -f $count)
}
