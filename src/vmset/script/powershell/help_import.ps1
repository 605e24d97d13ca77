<#
.SYNOPSIS
Registers the restored virtual machine beside this script with Hyper-V.

.DESCRIPTION
Imports the machine as a planned machine first, maps every drive of it and of every checkpoint to the
restored files, and lets Hyper-V check it. Only when every drive and every parent of a disk lies in the
restored folder is the machine made real. A machine of the same id that this host already has is never
touched. The restored configurations stay as they are, in 'Configuration as restored': whatever goes
wrong, run the script again.

Network adapters stay disconnected unless -SwitchMap says where to, and the machine stays off unless
-Start is given. Run it in Windows PowerShell as administrator.

.PARAMETER Mode
Register: the machine runs from this folder and keeps its id.
Restore: its files are copied to -Destination, and it keeps its id.
Copy: its files are copied to -Destination, and it gets a new id.

.PARAMETER Destination
With Restore and Copy: the folder that the machine's files are copied to. It must be new or empty.

.PARAMETER VhdDestination
With Restore and Copy: another folder for the virtual disks. It must be new or empty.

.PARAMETER SwitchMap
Which switch of this host to connect an adapter to, by the name of the switch that it had:
@{ 'LAN' = 'vSwitch0'; '*' = 'Default Switch' }. '*' stands for all that are not named.

.PARAMETER KeepPassThrough
Keeps drives that are disks of the old host. Without it they are removed: this host has other disks.

.PARAMETER DropSavedState
Drops saved memory of the machine and of its checkpoints: each then starts from its disks, as after a
power failure. Needed where this host has another make of processor.

.PARAMETER NewName
Another name for the machine.

.PARAMETER Start
Starts the machine when it is there.

.PARAMETER Check
A rehearsal: everything up to Hyper-V's own check, and nothing stays behind.

.EXAMPLE
.\import.ps1 -Check

Says whether this host can take the machine.

.EXAMPLE
.\import.ps1 -SwitchMap @{ 'LAN' = 'vSwitch0' } -Start

Registers the machine in place, connects it and starts it.

.EXAMPLE
.\import.ps1 -Mode Copy -Destination D:\VMs\web01-copy -NewName web01-copy

Makes a second machine beside the one that is there.
#>

#Requires -Version 4.0

[CmdletBinding()]
param(
    [ValidateSet('Register', 'Restore', 'Copy')]
    [string] $Mode = 'Register',
    [string] $Destination,
    [string] $VhdDestination,
    [hashtable] $SwitchMap = @{},
    [switch] $KeepPassThrough,
    [switch] $DropSavedState,
    [string] $NewName,
    [switch] $Start,
    [switch] $Check
)
Set-StrictMode -Version 1.0
$ErrorActionPreference = 'Stop'
