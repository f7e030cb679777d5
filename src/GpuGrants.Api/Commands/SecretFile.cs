using System.Text.Json;

namespace GpuGrants.Api.Commands;

/// <summary>A file for credentials that nobody but its owner may read. It is made before there is anything to write.</summary>
internal sealed class SecretFile : IAsyncDisposable
{
    private readonly FileStream _stream;
    private bool _isWritten;

    private SecretFile(FileStream stream) => _stream = stream;

    public string Path => _stream.Name;

    /// <exception cref="IOException">It is there already, or cannot be made.</exception>
    public static SecretFile Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new SecretFile(new FileStream(System.IO.Path.GetFullPath(path), options));
    }

    public async Task WriteAsync(string clientId, string secret)
    {
        await JsonSerializer.SerializeAsync(
            _stream,
            new Dictionary<string, string> { ["client_id"] = clientId, ["client_secret"] = secret }
        );
        await _stream.FlushAsync();
        _isWritten = true;
    }

    /// <summary>A file without a secret is taken away again.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        if (!_isWritten)
            File.Delete(Path);
    }
}
