using System.IO.Compression;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Pipeline.Submissions;

/// <summary>
/// A row of <c>idempotency_keys</c>: what a repetition with the key gets. Either it names a decision, whose answer is rendered again, or it
/// holds the answer. It may be deleted at any time: then the key is new.
/// </summary>
public sealed class KeptAnswer
{
    public Guid Id { get; set; }

    public byte[] RequestHash { get; set; } = [];

    public Guid RootProgrammeId { get; set; }

    /// <summary>The name and version of the code that renders the answer again; null when the row holds the answer.</summary>
    public string? Renderer { get; set; }

    public Guid? DecisionId { get; set; }

    /// <summary>The answer's language.</summary>
    public string? Language { get; set; }

    /// <summary>What else shaped the answer, as its renderer writes it.</summary>
    public string? Shape { get; set; }

    public int? Status { get; set; }

    /// <summary>The answer's body in <see cref="BodyEncoding"/>.</summary>
    public byte[]? Body { get; set; }

    /// <summary><c>identity</c>, or <c>br</c> for Brotli (RFC 7932).</summary>
    public string? BodyEncoding { get; set; }

    public string? ContentType { get; set; }

    public string? Location { get; set; }

    public string? Etag { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    private const string Identity = "identity";
    private const string Brotli = "br";
    private const int WorthCompressing = 512;
    private const int FastestQuality = 1;
    private const int Window = 16;

    /// <summary>Sets the answer's body, compressed when that makes it smaller.</summary>
    public void SetBody(ReadOnlySpan<byte> body)
    {
        BodyEncoding = Identity;
        if (body.Length >= WorthCompressing)
        {
            var compressed = new byte[body.Length];
            if (BrotliEncoder.TryCompress(body, compressed, out var written, FastestQuality, Window))
            {
                (Body, BodyEncoding) = (compressed[..written], Brotli);
                return;
            }
        }

        Body = body.ToArray();
    }

    /// <summary>The body as it was answered the first time.</summary>
    public byte[] ReadBody()
    {
        if (BodyEncoding != Brotli)
            return Body ?? [];
        using var input = new BrotliStream(new MemoryStream(Body!, writable: false), CompressionMode.Decompress);
        using var output = new MemoryStream();
        input.CopyTo(output);
        return output.ToArray();
    }
}

internal sealed class KeptAnswerTable : IEntityTypeConfiguration<KeptAnswer>
{
    public void Configure(EntityTypeBuilder<KeptAnswer> table)
    {
        table.ToTable("idempotency_keys").HasKey(row => row.Id);
        table.NeverUpdates();
    }
}
