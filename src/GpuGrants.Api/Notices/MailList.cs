using System.Text.Json.Serialization;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Notices;

/// <summary>A mail, without what it says and without its address.</summary>
public sealed record MailView
{
    public required Guid Id { get; init; }

    /// <summary>code, or the kind of notice.</summary>
    public required string Kind { get; init; }

    /// <summary>Whom it is for; left out for an address that is of no person, or not known to be.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? PersonId { get; init; }

    /// <summary>pending, sent or failed.</summary>
    public required string Status { get; init; }

    /// <summary>How often the service tried to send it.</summary>
    public required int Attempts { get; init; }

    /// <summary>The answer of the mail server that refused it for good, such as 550.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Refusal { get; init; }

    /// <summary>When it is tried next; left out when it is not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? NextAttemptAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was sent or given up.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndedAt { get; init; }

    internal static MailView Of(MailRow row) =>
        new()
        {
            Id = row.Id,
            Kind = row.Kind,
            PersonId = row.PersonId,
            Status = row.Status,
            Attempts = row.Attempts,
            Refusal = row.Refusal,
            NextAttemptAt = row.NextAttemptAt,
            CreatedAt = row.CreatedAt,
            EndedAt = row.EndedAt,
        };
}

/// <summary>What was mailed in the last days, and what mail servers refused.</summary>
public static class MailList
{
    public static void Map(RouteGroupBuilder v1) =>
        v1.MapGet("/mails", ListAsync)
            .RequireScope(Scopes.Administer)
            .Says(
                "listMails",
                "List mail and what was refused",
                "For platform administrators: mail that waits, and mail of the last seven days. It shows no address and no text."
            )
            .ListsByTime<MailView>("status", "kind", "personId");

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        http.RequirePlatformAdministrator();
        var rows = db.Set<MailRow>()
            .AsQueryable()
            .OnlyWords(http, "status", row => row.Status, MailRow.Pending, MailRow.Sent, MailRow.Failed)
            .OnlyWords(http, "kind", row => row.Kind, MailKinds.All)
            .OnlyIds(http, "personId", row => row.PersonId);
        return TypedResults.Json(await http.PageAsync(rows, MailView.Of), ApiJson.Options);
    }
}
