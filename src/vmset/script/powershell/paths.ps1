# --- Where a file really is -----------------------------------------------------------------------

$PathsSource = @'
using System;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Hvrestore
{
    public static class Paths
    {
        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern SafeFileHandle CreateFileW(
            string name, uint access, uint share, IntPtr security, uint creation, uint flags, IntPtr template);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern uint GetFinalPathNameByHandleW(
            SafeFileHandle file, StringBuilder path, uint length, uint flags);

        // The path with links, junctions, mounted volumes and substituted drives resolved. By the
        // volume's id, which is one for all its names; shares have none and keep theirs.
        public static string Canonical(string path)
        {
            // Longer ones Windows takes only with this prefix.
            if (path.Length > 240 && path[1] == ':') { path = @"\\?\" + path; }
            using (SafeFileHandle file = CreateFileW(path, 0, 7, IntPtr.Zero, 3, 0x02000000, IntPtr.Zero))
            {
                if (file.IsInvalid) { throw new Win32Exception(); }
                StringBuilder name = new StringBuilder(32768);
                uint length = GetFinalPathNameByHandleW(file, name, 32768, 1);
                if (length == 0) { length = GetFinalPathNameByHandleW(file, name, 32768, 0); }
                if (length == 0 || length >= 32768) { throw new Win32Exception(); }
                return name.ToString();
            }
        }
    }
}
'@

function Initialize-Paths {
    if (-not ('Hvrestore.Paths' -as [type])) { Add-Type -TypeDefinition $PathsSource }
}

# $null where there is no such file.
function Get-CanonicalPath([string] $Path) {
    try { [Hvrestore.Paths]::Canonical($Path) } catch { $null }
}

function Test-Same([string] $One, [string] $Other) {
    [string]::Equals($One, $Other, [StringComparison]::OrdinalIgnoreCase)
}

# Whether a file lies beneath one of these folders, whatever either is called.
function Test-Beneath([string] $Path, [string[]] $Folders) {
    $file = Get-CanonicalPath $Path
    if (-not $file) { return $false }
    foreach ($folder in $Folders) {
        $root = Get-CanonicalPath $folder
        if (-not $root) { continue }
        $root = $root.TrimEnd('\') + '\'
        if ($file.StartsWith($root, [StringComparison]::OrdinalIgnoreCase)) { return $true }
    }
    return $false
}

function Join-Folder([string] $Folder, [string] $Path) {
    $Folder.TrimEnd('\') + '\' + $Path
}

# A path that Hyper-V is given must be whole: the service does not know where this console stands.
function Get-WholePath([string] $Path) {
    $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
}
