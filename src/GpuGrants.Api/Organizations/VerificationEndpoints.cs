using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Independence;
using GpuGrants.People;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Organizations;

/// <summary>What was proved of an organization.</summary>
public sealed record VerificationBody
{
    /// <summary>domain or identity.</summary>
    public string? Level { get; init; }

    /// <summary>What was verified: name, country, email-domains; name and country, and stated domains, when left out.</summary>
    public string[]? Fields { get; init; }

    /// <summary>Email domains that the organization has shown to be its own.</summary>
    public string[]? EmailDomains { get; init; }

    /// <summary>By what it was proved, such as a register's entry. Do not copy personal data here.</summary>
    public string? Evidence { get; init; }

    /// <summary>When it has to be proved again; never when left out.</summary>
    public DateTimeOffset? EndsAt { get; init; }
}

/// <summary>A record of what was proved of an organization.</summary>
public sealed record VerificationView
{
    public required Guid Id { get; init; }

    public required Guid OrganizationId { get; init; }

    /// <summary>domain or identity.</summary>
    public required string Level { get; init; }

    /// <summary>What was verified. The verification ends when one of these changes.</summary>
    public required IReadOnlyList<string> Fields { get; init; }

    /// <summary>Email domains that it proved to own.</summary>
    public required IReadOnlyList<string> EmailDomains { get; init; }

    /// <summary>By what it was proved.</summary>
    public required string Evidence { get; init; }

    /// <summary>The administrator who verified it; the empty id where the service did, by a proof.</summary>
    public required Guid AuthorId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndsAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>fell with a changed field, replaced by another record, or withdrawn.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? EndReason { get; init; }

    public static VerificationView Of(Verification row) =>
        new()
        {
            Id = row.Id,
            OrganizationId = row.OrganizationId,
            Level = row.Level,
            Fields = row.Fields,
            EmailDomains = row.EmailDomains,
            Evidence = row.Evidence,
            AuthorId = row.AuthorId,
            CreatedAt = row.CreatedAt,
            EndsAt = row.EndsAt,
            EndedAt = row.EndedAt,
            EndReason = row.EndReason,
        };
}

/// <summary>Verifying organizations, with what for and until when.</summary>
public static class VerificationEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/organizations/{id:guid}/verifications", ListAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "listVerifications",
                "List an organization's verifications",
                "Its owners and platform administrators see every record, the newest first."
            )
            .ListsByTime<VerificationView>()
            .Refuses(404);
        v1.MapPost("/organizations/{id:guid}/verifications", CreateAsync)
            .RequireScope(Scopes.Administer)
            .Takes<VerificationBody>()
            .Idempotent()
            .Says(
                "verifyOrganization",
                "Verify an organization",
                "For platform administrators. The record says what was proved, by what evidence and until when. "
                    + "It replaces an earlier one, and "
                    + "ends when a verified field changes."
            )
            .Answers<VerificationView>(201)
            .Refuses(404, 409);
        v1.MapPost("/organizations/{id:guid}/withdraw-verification", WithdrawAsync)
            .RequireScope(Scopes.Administer)
            .Idempotent()
            .Says(
                "withdrawVerification",
                "Withdraw a verification",
                "For platform administrators. The organization is verified by e-mail alone."
            )
            .Answers<OrganizationView>()
            .Refuses(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await OrganizationEndpoints.OwnedAsync(http, db, id, "Only the organization's owners see its verifications.");
        return TypedResults.Json(
            await http.PageAsync(db.Set<Verification>().Where(row => row.OrganizationId == id), VerificationView.Of),
            ApiJson.Options
        );
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await OrganizationEndpoints.VisibleAsync(http, db, id);
        http.RequirePlatformAdministrator();
        var body = await http.BodyAsync(new Validator(http.Now()));
        var book = await VerificationBook.ReadAsync(db, id, http.RequestAborted);
        return await RunAsync<Verification>(
            http,
            id,
            book,
            (batch, row) =>
            {
                var at = batch.Tree(TreeId.Platform).At;
                var made = New(http.Actor(), id, body, at);
                book.Begin(batch, http.Actor(), row, made);
                return made;
            },
            (_, made) => Answer.Created(null, VerificationView.Of(made))
        );
    }

    private static async Task<IResult> WithdrawAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await OrganizationEndpoints.VisibleAsync(http, db, id);
        http.RequirePlatformAdministrator();
        var book = await VerificationBook.ReadAsync(db, id, http.RequestAborted);
        return await RunAsync<Organization>(
            http,
            id,
            book,
            (batch, row) =>
            {
                if (book.Current(batch) is null)
                    return Refusal.Conflict("not-verified", "The organization has no verification to withdraw.");
                book.End(batch, http.Actor(), row, Verification.Withdrawn);
                return row;
            },
            (row, _) => Answer.Ok(OrganizationView.Of(row), row.Version)
        );
    }

    private static Task<IResult> RunAsync<TResult>(
        HttpContext http,
        Guid id,
        VerificationBook book,
        Func<BatchState, Organization, Outcome<TResult>> change,
        Func<Organization, TResult, Answer> render
    )
    {
        var decider = http.Decider();
        return http.RunAsync(
            new Change<(Organization Row, TResult Result)>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch =>
                {
                    batch.Rows<Organization>().Want(new RowKey(id));
                    book.Plan(batch);
                    decider.Plan(batch);
                },
                Deciding = batch =>
                {
                    var row = batch.Rows<Organization>().Find(new RowKey(id))!;
                    // Whoever belongs to the organization would verify it for themselves.
                    if (decider.Refuse(batch, batch.Tree(TreeId.Platform).At, Party.Organization(id)) is { } own)
                        return own;
                    if (book.Refuse(row) is { } refused)
                        return refused;
                    if (!change(batch, row).TryGet(out var result, out var refusal))
                        return refusal;
                    decider.Decided(batch, TreeId.Platform, id);
                    OrganizationChange.Record(batch, http.Actor(), row, OrganizationEvents.Updated);
                    return (row, result);
                },
            },
            made => render(made.Row, made.Result)
        );
    }

    private static Verification New(Actor actor, Guid organization, VerificationBody body, DateTimeOffset at) =>
        new()
        {
            Id = Guid.CreateVersion7(at),
            OrganizationId = organization,
            Level = body.Level!,
            Fields =
                body.Fields
                ??
                [
                    Verification.NameField,
                    Verification.CountryField,
                    .. body.EmailDomains is { Length: > 0 } ? (string[])[Verification.DomainsField] : [],
                ],
            EmailDomains = body.EmailDomains ?? [],
            Evidence = body.Evidence!,
            AuthorId = actor.PrincipalId,
            ClientId = actor.ClientId,
            CreatedAt = at,
            EndsAt = body.EndsAt,
        };

    private sealed class Validator : AbstractValidator<VerificationBody>
    {
        private const int MaxDomains = 20;

        public Validator(DateTimeOffset now)
        {
            RuleFor(body => body.Level).OneOf(["domain", "identity"]);
            RuleFor(body => body.Fields)
                .Bound(
                    new Bounds
                    {
                        MinItems = 1,
                        IsUnique = true,
                        Items = new Bounds { Choices = Verification.AllFields },
                    },
                    fields =>
                        fields is null
                        || (fields.Length > 0 && fields.All(Verification.AllFields.Contains) && fields.Distinct().Count() == fields.Length)
                )
                .WithMessage($"State fields of this list, each once: {string.Join(", ", Verification.AllFields)}.");
            RuleFor(body => body.EmailDomains)
                .Bound(
                    new Bounds
                    {
                        MaxItems = MaxDomains,
                        Items = new Bounds { MinLength = 3, MaxLength = 253 },
                    },
                    domains => domains is null || (domains.Length <= MaxDomains && domains.All(IsDomain))
                )
                .WithMessage($"State at most {MaxDomains} lower-case domains, such as example.org.");
            RuleFor(body => body.EmailDomains)
                .NotEmpty()
                .WithMessage("State the domain that was proved.")
                .When(body => body.Level == "domain");
            RuleFor(body => body.Evidence).Text(Verification.MaxEvidence);
            RuleFor(body => body.EndsAt).Must(moment => moment is null || moment > now).WithMessage("State a moment in the future.");
        }

        private static bool IsDomain(string? text) => text is { Length: <= 253 } && DomainName.Parse(text) == text;
    }
}
