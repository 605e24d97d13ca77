# --- One after the other --------------------------------------------------------------------------

function Import-One($Entry) {
    $arguments = @{
        Mode = $Mode
        SwitchMap = $SwitchMap
        KeepPassThrough = $KeepPassThrough
        DropSavedState = $DropSavedState
        Start = $Start
        Check = $Check
    }
    if ($Destination) { $arguments['Destination'] = $Destination.TrimEnd('\') + '\' + $Entry.Folder }
    $path = $PSScriptRoot.TrimEnd('\') + '\' + $Entry.Folder + '\import.ps1'
    if (-not (Test-Path -LiteralPath $path)) { throw ('{0} is not there.' -f $path) }
    & $path @arguments
}

$results = @()
foreach ($entry in $Machines) {
    Write-Host ('==== {0}' -f $entry.Name)
    $outcome = if ($Check) { 'can be imported' } else { 'imported' }
    $message = ''
    try {
        Import-One $entry
    }
    catch {
        $outcome = 'failed'
        $message = $_.Exception.Message
        Write-Host $message -ForegroundColor Red
    }
    $results += New-Object PSObject -Property @{ Machine = $entry.Name; Outcome = $outcome; Message = $message }
}
$results | Format-Table -Property 'Machine', 'Outcome', 'Message' -AutoSize -Wrap
$failed = @($results | Where-Object { $_.Outcome -eq 'failed' }).Count
Write-Host ('{0} of {1} machines failed' -f $failed, $results.Count)
if ($failed -gt 0) { exit 1 }
