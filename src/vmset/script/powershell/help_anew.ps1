<#
.SYNOPSIS
Makes a new virtual machine around the restored disks beside this script.

.DESCRIPTION
The configuration of the machine is not imported: its version is not taken by the host that it was
restored for. A new machine of the same generation is made instead, with the processors, memory,
controllers, drives, network adapters, boot order and Secure Boot that the old one had. What cannot be
carried over is named at the end. A machine that this host already has is never touched.

Network adapters stay disconnected unless -SwitchMap says where to, and the machine stays off unless
-Start is given. Run it in Windows PowerShell as administrator. After a failure run it again.

.PARAMETER Mode
Register: the disks are used where they are. Restore and Copy: they are copied to -Destination.

.PARAMETER Destination
With Restore and Copy: the folder that the files are copied to. It must be new or empty.

.PARAMETER VhdDestination
With Restore and Copy: another folder for the virtual disks. It must be new or empty.

.PARAMETER SwitchMap
Which switch of this host to connect an adapter to, by the name of the switch that it had:
@{ 'LAN' = 'vSwitch0'; '*' = 'Default Switch' }. '*' stands for all that are not named.

.PARAMETER KeepPassThrough
Has no effect here: a disk of the old host cannot be put into a new machine. It is named at the end.

.PARAMETER DropSavedState
Has no effect here: a new machine has no saved memory.

.PARAMETER NewName
Another name for the machine.

.PARAMETER Start
Starts the machine when it is there.

.PARAMETER Check
A rehearsal: looks at the disks and at this host, and changes nothing.

.EXAMPLE
.\import.ps1 -Check

Says whether this host can take the machine.

.EXAMPLE
.\import.ps1 -SwitchMap @{ 'LAN' = 'vSwitch0' } -Start

Makes the machine, connects it and starts it.
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
