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

# Whether a checkpoint was taken at this time (100 ns since 1601), to the second.
function Test-Taken($Created, $Time) {
    if (-not $Created -or -not $Time) { return $false }
    [Math]::Abs($Time.ToFileTimeUtc() - $Created) -lt 10000000
}

# By id, as two checkpoints may have one name.
function Get-RestoreLine($Vm) {
    if (-not $Machine.NewestCheckpoint) { return '' }
    $found = @(Get-VMSnapshot -VM $Vm | Where-Object { $_.Name -ceq $Machine.NewestCheckpoint })
    if ($found.Count -gt 1) { $found = @($found | Where-Object { Test-Taken $Machine.NewestCreated $_.CreationTime }) }
    if ($found.Count -ne 1) { return '' }
    'Get-VMSnapshot -Id {0} | Restore-VMSnapshot   # {1}' -f $found[0].Id, $Machine.NewestCheckpoint
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
