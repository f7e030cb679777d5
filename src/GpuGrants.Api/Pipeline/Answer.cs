namespace GpuGrants.Api.Pipeline;

/// <summary>What a caller gets for a command: a status and a body that is stored under the idempotency key as it stands.</summary>
public sealed record Answer
{
    /// <summary>In place of an answer to a command whose caller has to be judged again; it reaches nobody.</summary>
    internal static Answer AuthorityChanged { get; } = new() { Status = 403, Body = default };

    public required int Status { get; init; }

    /// <summary>UTF-8 JSON; empty for none.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    public string ContentType { get; init; } = "application/json; charset=utf-8";

    public string? Location { get; init; }

    public string? ETag { get; init; }

    /// <summary>True when the answer was given before and is repeated for the same idempotency key.</summary>
    public bool Replayed { get; init; }
}
