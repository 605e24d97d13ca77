# --- Connections of the planned machine -----------------------------------------------------------

function Get-OldSwitch($Connection) {
    foreach ($adapter in $Adapters) {
        if ($Connection.InstanceID.IndexOf($adapter.Id, [StringComparison]::OrdinalIgnoreCase) -ge 0) {
            return $adapter.Switch
        }
    }
    return [string] $Connection.LastKnownSwitchName
}

function Get-SwitchPath([string] $Name) {
    $found = @(Get-VMSwitch | Where-Object { $_.Name -eq $Name })
    if ($found.Count -ne 1) {
        Stop-Import ('this host has {0} switches with the name {1}.' -f $found.Count, $Name) ('name one of: {0}' -f ((Get-VMSwitch | ForEach-Object { $_.Name }) -join ', '))
    }
    '\\{0}\{1}:Msvm_VirtualEthernetSwitch.CreationClassName="Msvm_VirtualEthernetSwitch",Name="{2}"' -f $env:COMPUTERNAME, $Namespace, ([string] $found[0].Id).ToUpperInvariant()
}

# Of now and of every checkpoint: applied, a checkpoint must not be on the network either.
function Set-Connections($Configuration) {
    foreach ($connection in @(Get-Part $Configuration 'Msvm_EthernetPortAllocationSettingData')) {
        $target = Get-SwitchFor (Get-OldSwitch $connection)
        if ($target) {
            Set-Resource $connection @{ HostResource = [string[]] @(Get-SwitchPath $target); EnabledState = [uint16] 2 }
            Write-Detail ('{0}: adapter goes to {1}' -f $Configuration.ElementName, $target)
        }
        else {
            Set-Resource $connection @{ EnabledState = [uint16] 3 }
            Write-Detail ('{0}: adapter disconnected' -f $Configuration.ElementName)
        }
    }
}
