# --- This host ------------------------------------------------------------------------------------

function Test-Administrator {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object Security.Principal.WindowsPrincipal -ArgumentList $identity
    $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Assert-Host {
    if (-not (Test-Administrator)) {
        Stop-Import 'Hyper-V lets only administrators import.' 'start Windows PowerShell as administrator and run this script again'
    }
    if (-not (Get-Module -ListAvailable -Name 'Hyper-V')) {
        Stop-Import 'this computer has no Hyper-V module for PowerShell.' 'run this on the Hyper-V host; or add the feature: Install-WindowsFeature Hyper-V -IncludeManagementTools -Restart'
    }
    Import-Module -Name 'Hyper-V'
}

# A machine of this host, by id; $null if it has none. By id only: names may be shared.
function Get-Registered([string] $Id) {
    Get-VM | Where-Object { Test-Same ([string] $_.Id) $Id }
}

# A machine of this host that already lives in this folder; $null if none does.
function Get-Tenant {
    foreach ($vm in @(Get-VM)) {
        $place = Get-CanonicalPath $vm.ConfigurationLocation
        if (-not $place) { continue }
        if ((Test-Same $place (Get-CanonicalPath $Folder)) -or (Test-Beneath $place @($Folder))) { return $vm }
    }
    return $null
}

function Assert-FolderIsFree {
    $tenant = Get-Tenant
    if ($tenant) {
        Stop-Import ('the machine {0} already lives in {1}. It is not touched.' -f $tenant.Name, $Folder) 'it is imported: start it. For another one: -Mode Copy -Destination FOLDER'
    }
}

function Write-HostRows {
    Write-Step 'Pre-flight, as written with the set'
    foreach ($row in @($Rows | Where-Object { -not $_.Again })) { Write-Row $row.Level $row.Check $row.Found $row.Remedy }
    Write-Step ('Pre-flight, on {0}' -f $env:COMPUTERNAME)
    Write-ProcessorRow
    Write-MemoryRow
    Write-SwitchRows
    Write-ClusterRow
    Write-MarkRows
}

function Get-LogicalProcessors {
    (Get-CimInstance -ClassName 'Win32_Processor' | Measure-Object -Property 'NumberOfLogicalProcessors' -Sum).Sum
}

function Write-ProcessorRow {
    $logical = Get-LogicalProcessors
    $maker = @(Get-CimInstance -ClassName 'Win32_Processor')[0].Manufacturer
    if ($Machine.Processors -and $Machine.Processors -gt $logical) {
        Write-Row 'warn' 'processors' ('the machine has {0}, this host {1}' -f $Machine.Processors, $logical) 'the script lowers the number'
    }
    else {
        Write-Row 'pass' 'processors' ('the machine has {0}, this host {1} ({2})' -f $Machine.Processors, $logical, $maker) ''
    }
    foreach ($state in @($States | Where-Object { $_.Memory -eq 'Kept' })) {
        Write-Row 'warn' 'saved state' ('{0} has saved memory; it resumes only on a processor like the one it was saved on, and this one is {1}' -f $state.Name, $maker) 'if it does not start: -DropSavedState; or turn it off in Hyper-V Manager (Turn Off, not Shut Down) and start it again'
    }
}

function Write-MemoryRow {
    $total = [Math]::Floor((Get-CimInstance -ClassName 'Win32_ComputerSystem').TotalPhysicalMemory / $Mebibyte)
    if ($Machine.MemoryMB -and $Machine.MemoryMB -gt $total) {
        Write-Row 'warn' 'memory' ('the machine starts with {0} MB, this host has {1} MB' -f $Machine.MemoryMB, $total) 'after the import: Set-VMMemory -StartupBytes'
    }
    else {
        Write-Row 'pass' 'memory' ('the machine starts with {0} MB, this host has {1} MB' -f $Machine.MemoryMB, $total) ''
    }
}

function Write-SwitchRows {
    $switches = @(Get-VMSwitch | ForEach-Object { $_.Name })
    foreach ($adapter in $Adapters) {
        $target = Get-SwitchFor $adapter.Switch
        if (-not $target) {
            Write-Row 'warn' 'network' ('{0} was on the switch {1} and stays disconnected' -f $adapter.Name, $adapter.Switch) ('-SwitchMap; this host has: {0}' -f ($switches -join ', '))
        }
        elseif ($switches -contains $target) {
            Write-Row 'pass' 'network' ('{0} goes to {1}' -f $adapter.Name, $target) ''
        }
        else {
            Write-Row 'block' 'network' ('{0} is to go to {1}, which this host has not' -f $adapter.Name, $target) ('name one of: {0}' -f ($switches -join ', '))
        }
    }
}

function Write-ClusterRow {
    if (-not $Machine.Clustered) { return }
    Write-Row 'warn' 'cluster' 'the machine was a role of a failover cluster' 'take its old role offline in Failover Cluster Manager first; afterwards: Add-ClusterVirtualMachineRole'
}
