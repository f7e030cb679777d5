using System.Security.Cryptography;
using System.Text.Json;

namespace GpuGrants.Api.Ledger.Archives;

/// <summary>Writes a file of JSON lines and its hash as it goes.</summary>
internal sealed class LineWriter(string directory, string name) : IAsyncDisposable
{
    private readonly FileStream _file = new(
        Path.Combine(directory, name),
        FileMode.CreateNew,
        FileAccess.Write,
        FileShare.None,
        65_536,
        useAsync: true
    );
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _lines;

    public async Task WriteAsync<TLine>(TLine line, CancellationToken cancellation)
    {
        byte[] bytes = [.. JsonSerializer.SerializeToUtf8Bytes(line, LedgerLines.Options), (byte)'\n'];
        _hash.AppendData(bytes);
        await _file.WriteAsync(bytes, cancellation);
        _lines++;
    }

    /// <summary>Brings the file to the disk and says what it is.</summary>
    public async Task<FileLine> FinishAsync(CancellationToken cancellation)
    {
        await _file.FlushAsync(cancellation);
        _file.Flush(flushToDisk: true);
        return new FileLine(name, _lines, Convert.ToHexStringLower(_hash.GetHashAndReset()));
    }

    public async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        await _file.DisposeAsync();
    }
}
