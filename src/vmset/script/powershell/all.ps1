<#
.SYNOPSIS
Registers all restored virtual machines beside this script with Hyper-V, one after the other.

.DESCRIPTION
Runs the import.ps1 of every machine in the order of the table below, goes on after a failure, and ends
with a table of what became of each. Run it in Windows PowerShell as administrator. It can be run
again: a machine that this host has already is left alone, and the table says so.

.PARAMETER Mode
As for import.ps1: Register, Restore or Copy.

.PARAMETER Destination
With Restore and Copy: the folder in which every machine gets its own.

.PARAMETER SwitchMap
As for import.ps1: which switch of this host stands for which of the old one.

.PARAMETER KeepPassThrough
As for import.ps1: keeps drives that are disks of the old host.

.PARAMETER DropSavedState
As for import.ps1: drops saved memory.

.PARAMETER Start
Starts each machine when it is there.

.PARAMETER Check
A rehearsal for every machine: nothing stays behind.

.EXAMPLE
.\import-all.ps1 -Check

Says of every machine whether this host can take it.
#>

#Requires -Version 4.0

[CmdletBinding()]
param(
    [ValidateSet('Register', 'Restore', 'Copy')]
    [string] $Mode = 'Register',
    [string] $Destination,
    [hashtable] $SwitchMap = @{},
    [switch] $KeepPassThrough,
    [switch] $DropSavedState,
    [switch] $Start,
    [switch] $Check
)
Set-StrictMode -Version 1.0
$ErrorActionPreference = 'Stop'
