using GpuGrants.Api.Pipeline.Submissions;

namespace GpuGrants.Api.Http.Answering;

/// <summary>An HTTP answer: what a caller gets for a command, and what the same idempotency key keeps getting.</summary>
public sealed record Answer : IAnswer
{
    public required int Status { get; init; }

    /// <summary>UTF-8 JSON; empty for none.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    public string ContentType { get; init; } = "application/json; charset=utf-8";

    public string? Location { get; init; }

    public string? ETag { get; init; }

    /// <summary>The language of its sentences for people; null where it has none.</summary>
    public string? Language { get; init; }

    /// <summary>True when the answer was given before and is repeated for the same idempotency key.</summary>
    public bool Replayed { get; init; }

    public void KeepIn(KeptAnswer row)
    {
        row.Status = Status;
        row.ContentType = ContentType;
        row.Location = Location;
        row.Etag = ETag;
        row.Language = Language;
        row.TakeBody(Body.Span);
    }

    /// <summary>The answer that the row holds.</summary>
    public static Answer Of(KeptAnswer row) =>
        new()
        {
            Status = row.Status!.Value,
            Body = row.ReadBody(),
            ContentType = row.ContentType!,
            Location = row.Location,
            ETag = row.Etag,
            Language = row.Language,
        };
}
