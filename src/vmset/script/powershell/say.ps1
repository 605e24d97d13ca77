# --- What is said, and how the script stops -------------------------------------------------------

$Mebibyte = 1048576

# Names come out of a backup: none of them moves the cursor or reorders what is printed.
function Get-Printable([string] $Text) {
    $Text -replace '[\u0000-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2066-\u2069]', '?'
}

function Write-Step([string] $Text) {
    Write-Host (Get-Printable ('-- {0}' -f $Text))
}

function Write-Detail([string] $Text) {
    Write-Host (Get-Printable ('   {0}' -f $Text))
}

function Write-Caution([string] $Text) {
    Write-Host (Get-Printable ('!  {0}' -f $Text)) -ForegroundColor Yellow
}

# Every way to stop says what to do next.
function Stop-Import([string] $What, [string] $Next) {
    throw ('{0}{1}   Next: {2}' -f (Get-Printable $What), [Environment]::NewLine, (Get-Printable $Next))
}

function Write-Row([string] $Level, [string] $What, [string] $Found, [string] $Remedy) {
    $line = Get-Printable ('   {0,-5} {1}: {2}' -f $Level, $What, $Found)
    switch ($Level) {
        'block' { Write-Host $line -ForegroundColor Red }
        'warn' { Write-Host $line -ForegroundColor Yellow }
        default { Write-Host $line }
    }
    if ($Remedy) { Write-Host (Get-Printable ('         {0}' -f $Remedy)) }
}
