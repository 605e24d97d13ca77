# --- What to do next ------------------------------------------------------------------------------

function Write-Next($Vm) {
    Write-Step ('{0} is imported, with the id {1}' -f $Vm.Name, $Vm.Id)
    foreach ($thing in $Absent) {
        Write-Caution ('NOT IN THIS BACKUP: {0}: {1}' -f $thing.What, $thing.Reason)
    }
    if ($Absent.Count -gt 0) { Write-Caution 'RESTORED, NOT COMPLETE' }
    if ($Machine.Clustered) {
        Write-Detail ('it was a role of a cluster; to make it one again: Add-ClusterVirtualMachineRole -VMId {0}' -f $Vm.Id)
    }
    if ($Machine.DomainController) {
        Write-Caution 'its guest is a domain controller: start it isolated, use now, and never apply an older checkpoint where other controllers run'
    }
    $startLine = 'Get-VM -Id {0} | Start-VM' -f $Vm.Id
    $restoreLine = Get-RestoreLine $Vm
    if ($Machine.NowLacksDisks -and $restoreLine) {
        Write-Detail 'Next: the disks of now are not in the backup. Go back to the newest checkpoint, then start:'
        Write-Detail ('  {0}' -f $restoreLine)
        Write-Detail ('  {0}' -f $startLine)
        return
    }
    Write-Detail ('Next: start it: {0}' -f $startLine)
    if ($restoreLine) {
        Write-Detail ('Only to go back to the newest checkpoint, which discards all writes since {0}:' -f $Machine.NewestTaken)
        Write-Detail ('  {0}' -f $restoreLine)
    }
}

function Get-RestoreLine($Vm) {
    if (-not $Machine.NewestCheckpoint) { return '' }
    'Get-VM -Id {0} | Get-VMSnapshot | Where-Object {{ $_.Name -ceq {1} }} | Restore-VMSnapshot' -f $Vm.Id, (Get-Quoted $Machine.NewestCheckpoint)
}

function Start-Machine($Vm) {
    if (-not $Start) { return }
    if ($Machine.NowLacksDisks) {
        Write-Caution 'not started: disks of now are not in the backup'
        return
    }
    Start-VM -VM $Vm
    Write-Detail 'started'
}
