# --- Hyper-V's management service -----------------------------------------------------------------

$Namespace = 'root\virtualization\v2'

function Get-Manager {
    Get-CimInstance -Namespace $Namespace -ClassName 'Msvm_VirtualSystemManagementService'
}

function Get-CheckpointManager {
    Get-CimInstance -Namespace $Namespace -ClassName 'Msvm_VirtualSystemSnapshotService'
}

function Get-ReturnText([uint32] $Code) {
    switch ($Code) {
        32769 { 'access denied (32769): run this as administrator' }
        32773 { 'a parameter that is not valid (32773)' }
        32774 { 'the machine is in use (32774)' }
        32775 { 'not possible in its present state (32775)' }
        32779 { 'a file is in use (32779)' }
        32784 { 'this host does not take that version (32784)' }
        default { 'return code {0}' -f $Code }
    }
}

# The messages of a job that went wrong, or that went well with warnings.
function Get-JobMessages($Job) {
    $answer = Invoke-CimMethod -InputObject $Job -MethodName 'GetErrorEx'
    foreach ($fault in @($answer.Errors)) {
        if (-not $fault) { continue }
        if ($fault -isnot [string]) { [string] $fault.Message; continue }
        $node = ([xml] $fault).SelectSingleNode('//PROPERTY[@NAME="Message"]/VALUE')
        if ($node) { $node.InnerText }
    }
}

# 4096 is not an error: the work goes on in a job, which is waited for.
function Wait-ManagerJob($Reference, [string] $Method) {
    $job = Get-CimInstance -InputObject $Reference
    while ($job.JobState -lt 7) {
        Write-Progress -Activity $Method -PercentComplete ([Math]::Min(100, [int] $job.PercentComplete))
        Start-Sleep -Milliseconds 300
        $job = Get-CimInstance -InputObject $job
    }
    Write-Progress -Activity $Method -Completed
    # 7 is done, 32768 done with warnings.
    if ($job.JobState -eq 7) { return }
    $messages = @(Get-JobMessages $job)
    if ($job.JobState -eq 32768) {
        foreach ($message in $messages) { Write-Caution $message }
        return
    }
    if ($messages.Count -eq 0) { $messages = @([string] $job.ErrorDescription) }
    throw ('{0}: {1}' -f $Method, ($messages -join [Environment]::NewLine))
}

# Calls a method of a service and waits until it is done. The answer is the method's.
function Invoke-Manager($Manager, [string] $Method, [hashtable] $Arguments) {
    $answer = Invoke-CimMethod -InputObject $Manager -MethodName $Method -Arguments $Arguments
    if ($answer.ReturnValue -eq 4096) {
        Wait-ManagerJob $answer.Job $Method
    }
    elseif ($answer.ReturnValue -ne 0) {
        throw ('{0}: {1}' -f $Method, (Get-ReturnText $answer.ReturnValue))
    }
    return $answer
}

# The settings with some of them changed. They are changed on a copy, as the properties of what the
# service answered cannot be written. Times stay out: they are not ours to set.
function Copy-Settings($Settings, [hashtable] $Changes) {
    $values = @{}
    foreach ($property in $Settings.CimInstanceProperties) {
        if ($null -ne $property.Value -and $property.CimType -ne 'DateTime') {
            $values[$property.Name] = $property.Value
        }
    }
    foreach ($name in $Changes.Keys) { $values[$name] = $Changes[$name] }
    $class = Get-CimClass -Namespace $Namespace -ClassName $Settings.CimSystemProperties.ClassName
    New-CimInstance -CimClass $class -ClientOnly -Property $values
}

# Settings as the text that the service takes.
function ConvertTo-SettingsText($Settings) {
    $serializer = [Microsoft.Management.Infrastructure.Serialization.CimSerializer]::Create()
    $options = [Microsoft.Management.Infrastructure.Serialization.InstanceSerializationOptions]::None
    [Text.Encoding]::Unicode.GetString($serializer.Serialize($Settings, $options))
}

function Set-Resource($Resource, [hashtable] $Changes) {
    $text = ConvertTo-SettingsText (Copy-Settings $Resource $Changes)
    [void] (Invoke-Manager (Get-Manager) 'ModifyResourceSettings' @{ ResourceSettings = [string[]] @($text) })
}

function Remove-Resource($Resource) {
    $arguments = @{ ResourceSettings = [CimInstance[]] @($Resource) }
    [void] (Invoke-Manager (Get-Manager) 'RemoveResourceSettings' $arguments)
}

function Set-System($Settings, [hashtable] $Changes) {
    $text = ConvertTo-SettingsText (Copy-Settings $Settings $Changes)
    [void] (Invoke-Manager (Get-Manager) 'ModifySystemSettings' @{ SystemSettings = $text })
}

# The InstanceID in an object's path, where every backslash stands twice.
function Get-InstanceId([string] $ObjectPath) {
    if ($ObjectPath -match 'InstanceID="(.*)"') { return ($Matches[1] -replace '\\\\', '\') }
    return ''
}
