# --- Rights ---------------------------------------------------------------------------------------
# A machine runs under an account of its own, which must be let to its disks: otherwise it does not
# start ("General access denied error").

# S-1-5-83-1 and the id's four numbers, as Windows stores them.
function Get-MachineSid([string] $Id) {
    if (Test-Same $Id $Machine.Id) { return $Machine.Sid }
    $bytes = ([guid] $Id).ToByteArray()
    $numbers = 0, 4, 8, 12 | ForEach-Object { [BitConverter]::ToUInt32($bytes, $_) }
    'S-1-5-83-1-{0}' -f ($numbers -join '-')
}

function Grant-Access([string] $Id) {
    $sid = Get-MachineSid $Id
    foreach ($folder in $OwnFolders) {
        Invoke-Icacls $folder ('*{0}:(OI)(CI)(F)' -f $sid)
    }
    foreach ($file in $Files) {
        Invoke-Icacls (Join-Folder $DiskFolder $file.Path) ('*{0}:(F)' -f $sid)
    }
}

function Invoke-Icacls([string] $Path, [string] $Right) {
    $icacls = [IO.Path]::Combine($env:SystemRoot, 'System32\icacls.exe')
    $output = & $icacls $Path '/grant' $Right
    if ($LASTEXITCODE -ne 0) {
        Stop-Import ('icacls failed on {0}: {1}' -f $Path, ($output -join ' ')) 'give NT VIRTUAL MACHINE\Virtual Machines full access to the folder, or put it on a local NTFS or ReFS volume; on a share the host''s computer account needs it too'
    }
}
