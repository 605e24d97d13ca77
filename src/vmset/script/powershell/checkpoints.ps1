# --- Checkpoints that are not in the set ----------------------------------------------------------

# The machine is not made real while it names checkpoints whose configuration is not here; and one
# whose disks are not here must not be there to be applied.
function Remove-LostCheckpoints($Planned) {
    foreach ($checkpoint in @(Get-Configurations $Planned | Where-Object { Test-Checkpoint $_ })) {
        $state = Get-State $checkpoint
        $missing = $checkpoint.VirtualSystemType -eq 'Microsoft:Hyper-V:Snapshot:Missing'
        if ($state -and $state.Fate -eq 'Kept' -and -not $missing) { continue }
        if ($state -and $state.Fate -eq 'Kept') {
            Stop-Import ('Hyper-V does not find the checkpoint {0}, which is in the set.' -f $state.Name) 'see that Snapshots holds its files (manifest.json names them), restore again if not, and run this script again'
        }
        if (-not (Get-CimInstance -InputObject $checkpoint -ErrorAction SilentlyContinue)) { continue }
        $why = if ($state -and $state.Fate -eq 'MergedAway') { 'not in this set, which has a single state' } else { 'not in the backup' }
        [void] (Invoke-Manager (Get-CheckpointManager) 'DestroySnapshot' @{ AffectedSnapshot = $checkpoint })
        Write-Detail ('checkpoint {0} taken out: {1}' -f $checkpoint.ElementName, $why)
    }
    Assert-KeptCheckpoints $Planned
}

# Destroying one may take others with it that depend on it. None that was restored may be lost so.
function Assert-KeptCheckpoints($Planned) {
    $there = @(Get-Configurations $Planned | Where-Object { Test-Checkpoint $_ } | ForEach-Object { Get-State $_ } | ForEach-Object { $_.Id })
    foreach ($state in @($States | Where-Object { $_.Kind -eq 'Checkpoint' -and $_.Fate -eq 'Kept' })) {
        if ($there -notcontains $state.Id) {
            Stop-Import ('the checkpoint {0} was restored, and Hyper-V left it out.' -f $state.Name) 'restore with --as-of and the checkpoint that is needed: the set then needs no other'
        }
    }
}
