using System.IO.Compression;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Pipeline;

/// <summary>A row of <c>idempotency_keys</c>: the answer that a key keeps getting.</summary>
public sealed class KeptAnswer
{
    public Guid Id { get; set; }

    public string ClientId { get; set; } = "";

    public string Endpoint { get; set; } = "";

    public string Key { get; set; } = "";

    public byte[] RequestHash { get; set; } = [];

    public int Status { get; set; }

    /// <summary>The answer's body in <see cref="BodyEncoding"/>.</summary>
    public byte[] Body { get; set; } = [];

    /// <summary><c>identity</c>, or <c>br</c> for Brotli (RFC 7932).</summary>
    public string BodyEncoding { get; set; } = Identity;

    public string ContentType { get; set; } = "";

    public string? Location { get; set; }

    public string? Etag { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    private const string Identity = "identity";
    private const string Brotli = "br";
    private const int WorthCompressing = 512;
    private const int FastestQuality = 1;
    private const int Window = 16;

    /// <summary>Takes the answer's body, compressed when that makes it smaller.</summary>
    public void TakeBody(ReadOnlySpan<byte> body)
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
        if (BodyEncoding == Identity)
            return Body;
        using var input = new BrotliStream(new MemoryStream(Body, writable: false), CompressionMode.Decompress);
        using var output = new MemoryStream();
        input.CopyTo(output);
        return output.ToArray();
    }
}

internal sealed class KeptAnswerTable : IEntityTypeConfiguration<KeptAnswer>
{
    public void Configure(EntityTypeBuilder<KeptAnswer> table) => table.ToTable("idempotency_keys").HasKey(row => row.Id);
}
