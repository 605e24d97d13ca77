# --- The planned machine --------------------------------------------------------------------------
# Hyper-V's own stage between a configuration and a machine: it can be looked at, changed, checked and
# thrown away, and nothing of it runs.

function Get-Planned([string] $Id) {
    Get-CimInstance -Namespace $Namespace -ClassName 'Msvm_PlannedComputerSystem' -Filter ('Name="{0}"' -f $Id)
}

# One left by a run of this script that was ended is thrown away; somebody else's is not.
function Clear-Planned {
    if (Test-Path -LiteralPath $MarkerPath) {
        Write-Detail 'tidying up after a run that was ended'
        $left = Get-Planned (Read-Marker)
        if ($left) { Remove-Planned $left }
        if (-not (Get-Tenant)) { Move-ConfigurationsBack }
        return
    }
    if (-not (Get-Planned $Machine.Id)) { return }
    Stop-Import 'somebody else is importing a machine of this id right now.' 'close the import wizard or the session that runs Compare-VM; if there is none: Restart-Service vmms'
}

# While an import runs, this file says which planned machine is its own.
function Set-Marker([string] $Id) {
    [IO.File]::WriteAllText($MarkerPath, $Id)
}

function Read-Marker {
    $id = [IO.File]::ReadAllText($MarkerPath).Trim()
    if ($id -match '^[0-9A-Fa-f-]{36}$') { return $id }
    return $Machine.Id
}

function Remove-Planned($Planned) {
    [void] (Invoke-Manager (Get-Manager) 'DestroySystem' @{ AffectedSystem = $Planned })
}

# The planned machine of the configurations in $Source.
function New-Planned([string] $Source, [bool] $NewId) {
    $definition = Join-Folder $Source $Machine.Configuration
    $snapshots = Join-Folder $Source 'Snapshots'
    # A machine without checkpoints may have no such folder; the service wants one that is there.
    if (-not (Test-Path -LiteralPath $snapshots)) { $snapshots = [IO.Path]::GetDirectoryName($definition) }
    $answer = Invoke-Manager (Get-Manager) 'ImportSystemDefinition' @{
        SystemDefinitionFile = $definition
        SnapshotFolder = $snapshots
        GenerateNewSystemIdentifier = $NewId
    }
    if ($answer.ImportedSystem) { return (Get-CimInstance -InputObject $answer.ImportedSystem) }
    Get-CimInstance -InputObject $answer.Job |
        Get-CimAssociatedInstance -Association 'Msvm_AffectedJobElement' -ResultClassName 'Msvm_PlannedComputerSystem'
}

# The settings of the machine and of its checkpoints; those of the machine first.
function Get-Configurations($Planned) {
    Get-CimAssociatedInstance -InputObject $Planned -Association 'Msvm_SettingsDefineState' -ResultClassName 'Msvm_VirtualSystemSettingData'
    Get-CimInstance -Namespace $Namespace -ClassName 'Msvm_VirtualSystemSettingData' -Filter ('VirtualSystemIdentifier="{0}"' -f $Planned.Name) |
        Where-Object { Test-Checkpoint $_ }
}

function Test-Checkpoint($Configuration) {
    $Configuration.VirtualSystemType -like 'Microsoft:Hyper-V:Snapshot:*'
}

# The settings of one kind that belong to a configuration.
function Get-Part($Configuration, [string] $Class) {
    Get-CimAssociatedInstance -InputObject $Configuration -Association 'Msvm_VirtualSystemSettingDataComponent' -ResultClassName $Class
}

# What the tables say of a configuration: by its id, or, where the machine got new ones, by name and time.
function Get-State($Configuration) {
    if (-not (Test-Checkpoint $Configuration)) {
        return @($States | Where-Object { $_.Kind -eq 'Now' })[0]
    }
    $checkpoints = @($States | Where-Object { $_.Kind -eq 'Checkpoint' })
    foreach ($state in $checkpoints) {
        if (Test-Same $state.Id $Configuration.ConfigurationID) { return $state }
    }
    $alike = @($checkpoints | Where-Object { $_.Name -ceq $Configuration.ElementName })
    if ($alike.Count -gt 1) { $alike = @($alike | Where-Object { Test-Taken $_.Created $Configuration.CreationTime }) }
    if ($alike.Count -eq 1) { return $alike[0] }
    return $null
}

# Without these, Hyper-V may put the configuration into its default folder.
function Set-Roots($Planned, [string] $Folder) {
    $now = @(Get-Configurations $Planned)[0]
    $changes = @{ ConfigurationDataRoot = $Folder; SnapshotDataRoot = $Folder; SwapFileDataRoot = $Folder }
    if ($NewName) { $changes['ElementName'] = $NewName }
    Set-System $now $changes
}

function Assert-Valid($Planned) {
    try {
        [void] (Invoke-Manager (Get-Manager) 'ValidatePlannedSystem' @{ PlannedSystem = $Planned })
    }
    catch {
        Stop-Import ('Hyper-V refuses the machine: {0}' -f $_.Exception.Message) 'put right what it names and run this script again; RESTORED.md has the ways around what is not in the backup'
    }
}

function Complete-Planned($Planned) {
    [void] (Invoke-Manager (Get-Manager) 'RealizePlannedSystem' @{ PlannedSystem = $Planned })
}

# A host with fewer processors refuses the machine.
function Set-Processors($Configuration) {
    $logical = Get-LogicalProcessors
    foreach ($part in @(Get-Part $Configuration 'Msvm_ProcessorSettingData')) {
        if ($part.VirtualQuantity -gt $logical) {
            Set-Resource $part @{ VirtualQuantity = [uint64] $logical }
            Write-Caution ('{0}: {1} processors instead of {2}' -f $Configuration.ElementName, $logical, $part.VirtualQuantity)
        }
    }
}
