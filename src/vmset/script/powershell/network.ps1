# --- Network adapters -----------------------------------------------------------------------------

# The switch that stands for one of the old host; $null where the adapter stays disconnected.
function Get-SwitchFor([string] $Old) {
    if ($Old -and $SwitchMap.ContainsKey($Old)) { return $SwitchMap[$Old] }
    if ($SwitchMap.ContainsKey('*')) { return $SwitchMap['*'] }
    return $null
}
