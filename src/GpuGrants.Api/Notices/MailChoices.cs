using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Mail;
using GpuGrants.Api.People;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;

namespace GpuGrants.Api.Notices;

/// <summary>Which mail the caller gets. Members that are left out stay as they are.</summary>
public sealed record MailChoicesPatch
{
    /// <summary>What became of your requests.</summary>
    public bool? Verdicts { get; init; }

    /// <summary>What waits for your review, once a day.</summary>
    public bool? ReviewDigest { get; init; }

    /// <summary>Reviews of your programmes whose expected time of decision has passed.</summary>
    public bool? Escalations { get; init; }

    /// <summary>Grants that expire soon.</summary>
    public bool? Expiries { get; init; }

    /// <summary>Grants that are nearly used up, used beyond their bounds, suspended or revoked.</summary>
    public bool? UsageWarnings { get; init; }

    /// <summary>Budgets of your programmes that are nearly used up.</summary>
    public bool? LowBudget { get; init; }

    /// <summary>Webhook endpoints of yours that fail or were disabled.</summary>
    public bool? Webhooks { get; init; }

    internal IEnumerable<(string Kind, bool? Wanted)> Choices() =>
        [
            (MailKinds.Verdicts, Verdicts),
            (MailKinds.ReviewDigest, ReviewDigest),
            (MailKinds.Escalations, Escalations),
            (MailKinds.Expiries, Expiries),
            (MailKinds.UsageWarnings, UsageWarnings),
            (MailKinds.LowBudget, LowBudget),
            (MailKinds.Webhooks, Webhooks),
        ];
}

/// <summary>Which mail the caller gets. Codes and invitations always come.</summary>
public sealed record MailChoicesView
{
    /// <summary>What became of your requests.</summary>
    public required bool Verdicts { get; init; }

    /// <summary>What waits for your review, once a day.</summary>
    public required bool ReviewDigest { get; init; }

    /// <summary>Reviews of your programmes whose expected time of decision has passed.</summary>
    public required bool Escalations { get; init; }

    /// <summary>Grants that expire soon.</summary>
    public required bool Expiries { get; init; }

    /// <summary>Grants that are nearly used up, used beyond their bounds, suspended or revoked.</summary>
    public required bool UsageWarnings { get; init; }

    /// <summary>Budgets of your programmes that are nearly used up.</summary>
    public required bool LowBudget { get; init; }

    /// <summary>Webhook endpoints of yours that fail or were disabled.</summary>
    public required bool Webhooks { get; init; }

    /// <summary>When a mail server refused your address for good. All these kinds pause until you confirm the address again.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? RefusedAt { get; init; }

    /// <summary>The version of the caller's person.</summary>
    public required long Version { get; init; }

    internal static MailChoicesView Of(PersonRow row) =>
        new()
        {
            Verdicts = Wants(row, MailKinds.Verdicts),
            ReviewDigest = Wants(row, MailKinds.ReviewDigest),
            Escalations = Wants(row, MailKinds.Escalations),
            Expiries = Wants(row, MailKinds.Expiries),
            UsageWarnings = Wants(row, MailKinds.UsageWarnings),
            LowBudget = Wants(row, MailKinds.LowBudget),
            Webhooks = Wants(row, MailKinds.Webhooks),
            RefusedAt = row.MailRefusedAt,
            Version = row.Version,
        };

    private static bool Wants(PersonRow row, string kind) => !row.MutedMail.Contains(kind);
}

/// <summary>People turn kinds of mail on and off.</summary>
public static class MailChoices
{
    private static readonly string[] Any = [Scopes.Request, Scopes.Review, Scopes.Provide, Scopes.Administer];

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/me/mail", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getMyMail", "Read which mail you get", "For people who signed up. Each kind of notice is on unless you turn it off.")
            .Answers<MailChoicesView>()
            .Refuses(409);
        v1.MapPatch("/me/mail", PatchAsync)
            .RequireScope(Any)
            .TakesPatch<MailChoicesPatch>()
            .Says(
                "updateMyMail",
                "Turn mail on or off",
                "For people who signed up. The ETag is that of the person's version. Mail that waits already "
                    + "obeys too. Each mail also has a "
                    + "link that turns its kind off."
            )
            .Answers<MailChoicesView>();
    }

    /// <summary>Turns kinds on and off.</summary>
    /// <param name="actor">Who does.</param>
    /// <param name="person">Whose mail it is.</param>
    /// <param name="expected">The version that was read; null for any.</param>
    /// <param name="choices">The kinds; null keeps one as it is.</param>
    /// <param name="isRepeatable">Whether a call that changes nothing writes nothing.</param>
    /// <returns>The command; somebody who left is not found.</returns>
    internal static ChangeResource<PersonRow> Change(
        Actor actor,
        Guid person,
        ExpectedVersions? expected,
        IEnumerable<(string Kind, bool? Wanted)> choices,
        bool isRepeatable = false
    ) =>
        new()
        {
            Tree = TreeId.Platform,
            Actor = actor,
            Key = new RowKey(person),
            ExpectedVersion = expected,
            Changing = (_, row) =>
            {
                if (row.Status != PersonRow.Active)
                    return Refusal.NotFound;
                var muted = row.MutedMail.ToHashSet(StringComparer.Ordinal);
                foreach (var (kind, wanted) in choices)
                    if (wanted == true)
                        muted.Remove(kind);
                    else if (wanted == false)
                        muted.Add(kind);
                if (isRepeatable && muted.SetEquals(row.MutedMail))
                    return Refusal.NotFound;
                row.MutedMail = [.. MailKinds.Notices.Where(muted.Contains)];
                return null;
            },
            Recording = (batch, row) => batch.RecordEvent(TreeId.Platform, actor, PersonEvents.Updated, new PersonData(row.Id)),
        };

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db)
    {
        var person = await MeEndpoints.PersonAsync(http, db);
        return http.Found(MailChoicesView.Of(person), person.Version);
    }

    private static async Task<IResult> PatchAsync(HttpContext http, GpuGrantsContext db)
    {
        var person = await MeEndpoints.PersonAsync(http, db);
        var body = (await http.PatchAsync(new InlineValidator<MailChoicesPatch>())).Body;
        return await http.RunAsync(
            Change(http.Actor(), person.Id, http.IfMatch(), body.Choices()),
            row => Answer.Ok(MailChoicesView.Of(row), row.Version)
        );
    }
}
