namespace GpuGrants.Api.Http;

/// <summary>A row of <c>idempotency_keys</c>: the answer that a key keeps getting.</summary>
public sealed class IdempotentAnswer
{
    public Guid Id { get; set; }

    public string ClientId { get; set; } = "";

    public string Endpoint { get; set; } = "";

    public string Key { get; set; } = "";

    public byte[] RequestHash { get; set; } = [];

    public int Status { get; set; }

    public byte[] Body { get; set; } = [];

    public string ContentType { get; set; } = "";

    public string? Location { get; set; }

    public string? Etag { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}
