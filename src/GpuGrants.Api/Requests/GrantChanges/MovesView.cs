using System.Text.Json.Serialization;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Requests.GrantChanges;

/// <summary>To which offer the grants of another one go.</summary>
public sealed record MoveGrantsBody
{
    /// <summary>An open offer of the programme, or of one above it, at the grants' rate or a lower one.</summary>
    public Guid? OfferId { get; init; }

    public string? Reason { get; init; }

    /// <summary>Goes on after this grant: the last one of the answer before. The first grants when left out.</summary>
    public Guid? After { get; init; }
}

/// <summary>What became of each grant, oldest first.</summary>
public sealed record MovesView
{
    public required IReadOnlyList<MoveResult> Results { get; init; }

    /// <summary>Whether the offer has open grants after the last of these. Call again with its id as <c>after</c>.</summary>
    public required bool HasMore { get; init; }

    /// <summary>Whether this only says what would happen; left out otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DryRun { get; init; }
}

/// <summary>What became of one grant. A refusal changes nothing.</summary>
public sealed record MoveResult
{
    private const string MovedWord = "moved";
    private const string RefusedWord = "refused";

    public required Guid GrantId { get; init; }

    /// <summary>moved or refused.</summary>
    public required string Status { get; init; }

    /// <summary>The grant as which it goes on; left out when it was refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? MovedGrantId { get; init; }

    /// <summary>GPU-hours that went on; left out when it was refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? GpuHours { get; init; }

    /// <summary>Why it was refused, as docs/http-status-codes.md lists it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    /// <summary>The field at fault, where there is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Field { get; init; }

    /// <summary>The rule that refused, and what to do next.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }

    internal static MoveResult Of(Guid grantId, Grant moved) =>
        new()
        {
            GrantId = grantId,
            Status = MovedWord,
            MovedGrantId = moved.Id,
            GpuHours = Wire.Hours(moved.GpuSeconds),
        };

    internal static MoveResult Refused(Guid grantId, Refusal refusal) =>
        new()
        {
            GrantId = grantId,
            Status = RefusedWord,
            Code = refusal.Code,
            Field = refusal.Field ?? refusal.Errors?.Keys.First(),
            Message = refusal.Message,
        };
}
