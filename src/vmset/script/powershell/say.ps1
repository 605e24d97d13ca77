# --- What is said, and how the script stops -------------------------------------------------------

$Mebibyte = 1048576

function Write-Step([string] $Text) {
    Write-Host ('-- {0}' -f $Text)
}

function Write-Detail([string] $Text) {
    Write-Host ('   {0}' -f $Text)
}

function Write-Caution([string] $Text) {
    Write-Host ('!  {0}' -f $Text) -ForegroundColor Yellow
}

# Every way to stop says what to do next.
function Stop-Import([string] $What, [string] $Next) {
    throw ('{0}{1}   Next: {2}' -f $What, [Environment]::NewLine, $Next)
}

function Write-Row([string] $Level, [string] $What, [string] $Found, [string] $Remedy) {
    $line = '   {0,-5} {1}: {2}' -f $Level, $What, $Found
    switch ($Level) {
        'block' { Write-Host $line -ForegroundColor Red }
        'warn' { Write-Host $line -ForegroundColor Yellow }
        default { Write-Host $line }
    }
    if ($Remedy) { Write-Host ('         {0}' -f $Remedy) }
}

# A string for a command line that is shown: in single quotes, as PowerShell reads it back.
function Get-Quoted([string] $Text) {
    "'" + ($Text -replace '([''\u2018-\u201B])', '$1$1') + "'"
}
