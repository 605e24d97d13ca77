# --- Configurations, set aside ---------------------------------------------------------------------

$KeptFolder = 'Configuration as restored'
$ConfigurationFolders = @('Virtual Machines', 'Snapshots')

# Where the configurations are as they were restored: beside this script, or set aside by an earlier run.
function Get-ConfigurationSource {
    $kept = Join-Folder $Folder $KeptFolder
    if (Test-Path -LiteralPath (Join-Folder $kept $Machine.Configuration)) { return $kept }
    if (Test-Path -LiteralPath (Join-Folder $Folder $Machine.Configuration)) { return $Folder }
    Stop-Import ('{0} is not there.' -f (Join-Folder $Folder $Machine.Configuration)) 'run the script in the folder that hvrestore wrote; restore again if files are missing'
}

# In place, Hyper-V writes its own configuration where the restored one lies. That is set aside first,
# by renaming, and Hyper-V reads it from there: so it stays as it was restored.
function Move-ConfigurationsAside {
    $kept = Join-Folder $Folder $KeptFolder
    [void] [IO.Directory]::CreateDirectory($kept)
    foreach ($name in $ConfigurationFolders) {
        $from = Join-Folder $Folder $name
        $to = Join-Folder $kept $name
        if ((Test-Path -LiteralPath $from) -and -not (Test-Path -LiteralPath $to)) {
            [IO.Directory]::Move($from, $to)
        }
    }
    return $kept
}

# After a failure: what Hyper-V wrote meanwhile goes, and what was set aside comes back.
function Move-ConfigurationsBack {
    $kept = Join-Folder $Folder $KeptFolder
    foreach ($name in $ConfigurationFolders) {
        $from = Join-Folder $kept $name
        $to = Join-Folder $Folder $name
        if (-not (Test-Path -LiteralPath $from)) { continue }
        if (Test-Path -LiteralPath $to) { Remove-Item -LiteralPath $to -Recurse -Force }
        [IO.Directory]::Move($from, $to)
    }
    if (Test-Path -LiteralPath $kept) { Remove-Item -LiteralPath $kept }
}
