# --- Saved memory ---------------------------------------------------------------------------------
# Memory that resumes over other disks than its own destroys the guest's file system. So what must go
# goes before the machine is made real, and is looked for again afterwards.

function Test-DropsMemory($State) {
    if (-not $State) { return [bool] $DropSavedState }
    return ($State.Memory -eq 'Drop') -or ($DropSavedState -and $State.Memory -eq 'Kept')
}

function Clear-SavedMemory($Planned) {
    foreach ($configuration in @(Get-Configurations $Planned)) {
        $state = Get-State $configuration
        if (-not (Test-DropsMemory $state)) { continue }
        $why = if ($state -and $state.MemoryReason) { $state.MemoryReason } else { 'as asked' }
        try {
            if (Test-Checkpoint $configuration) {
                [void] (Invoke-Manager (Get-CheckpointManager) 'ClearSnapshotState' @{ SnapshotSettingData = $configuration })
            }
            else {
                [void] (Invoke-Manager $Planned 'RequestStateChange' @{ RequestedState = [uint16] 3 })
            }
            Write-Detail ('{0}: saved memory dropped: {1}' -f $configuration.ElementName, $why)
        }
        catch {
            Write-Caution ('{0}: saved memory could not be dropped yet ({1}); it is tried again at the end' -f $configuration.ElementName, $_.Exception.Message)
        }
    }
}

# The machine exists and is off. If memory is still there that must not be, it goes now, or nothing starts.
function Assert-MemoryGone($Vm) {
    $now = @($States | Where-Object { $_.Kind -eq 'Now' })[0]
    if ((Test-DropsMemory $now) -and $Vm.State -eq 'Saved') {
        Remove-VMSavedState -VM $Vm
        if ((Get-VM -Id $Vm.Id).State -eq 'Saved') {
            Stop-Import 'the machine still has its saved memory, which does not belong to these disks.' 'DO NOT START IT. In Hyper-V Manager: Delete Saved State; then start it'
        }
    }
    foreach ($state in @($States | Where-Object { $_.Kind -eq 'Checkpoint' -and $_.Fate -eq 'Kept' })) {
        if (-not (Test-DropsMemory $state)) { continue }
        foreach ($checkpoint in @(Get-VMSnapshot -VM $Vm | Where-Object { $_.Name -ceq $state.Name -and $_.State -eq 'Saved' })) {
            Remove-VMSavedState -VMSnapshot $checkpoint
        }
    }
}
