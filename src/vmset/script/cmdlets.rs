//! Cmdlets and parameters that the scripts may use: those of Windows PowerShell 4.0 and 5.1, and of the
//! Hyper-V module since Windows Server 2012 R2 unless said.

/// Each cmdlet with the parameters that are used.
pub(super) const PARAMETERS: &[(&str, &str)] = &[
    ("Add-Type", "-TypeDefinition"),
    (
        "Add-VMDvdDrive",
        "-ControllerLocation -ControllerNumber -Path -VM",
    ),
    (
        "Add-VMHardDiskDrive",
        "-ControllerLocation -ControllerNumber -ControllerType -Path -VM",
    ),
    ("Add-VMNetworkAdapter", "-IsLegacy -Name -Passthru -VM"),
    ("Add-VMScsiController", "-VM"),
    ("Connect-VMNetworkAdapter", "-SwitchName -VMNetworkAdapter"),
    ("Copy-Item", "-Destination -LiteralPath"),
    ("ForEach-Object", ""),
    ("Format-Table", "-AutoSize -Property -Wrap"),
    ("Get-ChildItem", "-Force -LiteralPath"),
    (
        "Get-CimAssociatedInstance",
        "-Association -InputObject -ResultClassName",
    ),
    ("Get-CimClass", "-ClassName -Namespace"),
    (
        "Get-CimInstance",
        "-ClassName -ErrorAction -Filter -InputObject -Namespace",
    ),
    ("Get-Command", "-ErrorAction -Name"),
    ("Get-Item", "-Force -LiteralPath"),
    ("Get-Module", "-ListAvailable -Name"),
    ("Get-VHD", "-Path"),
    ("Get-VM", "-Id"),
    ("Get-VMDvdDrive", "-VM"),
    ("Get-VMHardDiskDrive", "-VM"),
    // Since 2016: it is asked for before it is used.
    ("Get-VMHostSupportedVersion", ""),
    ("Get-VMNetworkAdapter", "-VM"),
    ("Get-VMScsiController", "-VM"),
    ("Get-VMSnapshot", "-VM"),
    ("Get-VMSwitch", ""),
    ("Import-Module", "-Name"),
    ("Invoke-CimMethod", "-Arguments -InputObject -MethodName"),
    ("Measure-Object", "-Property -Sum"),
    ("New-CimInstance", "-CimClass -ClientOnly -Property"),
    ("New-Object", "-ArgumentList -Property"),
    (
        "New-VM",
        "-Generation -MemoryStartupBytes -Name -NoVHD -Path",
    ),
    ("Remove-Item", "-Force -LiteralPath -Recurse"),
    ("Remove-VM", "-Force -VM"),
    ("Remove-VMDvdDrive", ""),
    ("Remove-VMNetworkAdapter", ""),
    ("Remove-VMReplication", "-VM"),
    ("Remove-VMSavedState", "-VM -VMSnapshot"),
    ("Rename-VM", "-NewName -VM"),
    ("Set-StrictMode", "-Version"),
    ("Set-VHD", "-ParentPath -Path"),
    ("Set-VMBios", "-StartupOrder -VM"),
    // The template's id and nested virtualization: since 2016.
    (
        "Set-VMFirmware",
        "-EnableSecureBoot -FirstBootDevice -SecureBootTemplateId -VM",
    ),
    (
        "Set-VMMemory",
        "-DynamicMemoryEnabled -MaximumBytes -MinimumBytes -StartupBytes -VM",
    ),
    (
        "Set-VMNetworkAdapter",
        "-StaticMacAddress -VMNetworkAdapter",
    ),
    (
        "Set-VMProcessor",
        "-CompatibilityForMigrationEnabled -Count -ExposeVirtualizationExtensions -VM",
    ),
    ("Sort-Object", "-Unique"),
    ("Start-Sleep", "-Milliseconds"),
    ("Start-VM", "-VM"),
    ("Test-Path", "-LiteralPath"),
    ("Test-VHD", "-ErrorAction -Path"),
    ("Where-Object", ""),
    ("Write-Host", "-ForegroundColor"),
    ("Write-Progress", "-Activity -Completed -PercentComplete"),
];
