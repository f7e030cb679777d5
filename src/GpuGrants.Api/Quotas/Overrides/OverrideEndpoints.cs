using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Quotas.Policies;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Quotas.Overrides;

/// <summary>A limit of its own under one rule for one subject.</summary>
public sealed record OverrideBody
{
    public Guid? PolicyId { get; init; }

    /// <summary>The rule's id in its policy.</summary>
    public string? RuleId { get; init; }

    /// <summary>The subject's id, a kind's name, or <c>*</c> for a group that spans the platform.</summary>
    public string? Subject { get; init; }

    /// <summary>add, multiply or replace.</summary>
    public string? Effect { get; init; }

    /// <summary>In the rule's unit; a factor such as 1.5 for multiply.</summary>
    public decimal? Amount { get; init; }

    /// <summary>At once when left out, or in the past.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>Never when left out.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public string? Reason { get; init; }
}

/// <summary>A limit of its own under one rule for one subject.</summary>
public sealed record OverrideView
{
    public required Guid Id { get; init; }

    public required Guid PolicyId { get; init; }

    public required string RuleId { get; init; }

    public required string Subject { get; init; }

    public required string Effect { get; init; }

    /// <summary>In the unit, as it was asked for.</summary>
    public required decimal Amount { get; init; }

    /// <summary><c>gpu-hours</c>, <c>credits</c> or <c>count</c>; <c>factor</c> for multiply.</summary>
    public required string Unit { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When somebody ended it before its time.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    public required string Reason { get; init; }

    public required Guid AuthorId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static OverrideView Of(QuotaOverrideRow row) =>
        new()
        {
            Id = row.Id,
            PolicyId = row.PolicyId,
            RuleId = row.RuleId,
            Subject = row.SubjectId,
            Effect = row.Effect,
            Amount =
                row.Unit == QuotaOverrideRow.Factor
                    ? row.Amount / 1_000m
                    : EvaluationView.Amount(row.Amount, Words.Parse<QuotaUnit>(row.Unit)),
            Unit = row.Unit,
            StartsAt = row.StartsAt,
            ExpiresAt = row.ExpiresAt,
            EndedAt = row.EndedAt,
            Reason = row.Reason,
            AuthorId = row.AuthorId,
            CreatedAt = row.CreatedAt,
        };
}

/// <summary>Overrides of limits.</summary>
public static class OverrideEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/quota-overrides", ListAsync)
            .RequireScope(Scopes.Review)
            .Says("listQuotaOverrides", "List overrides", "Lists overrides of policies in programmes that you review.")
            .ListsByTime<OverrideView>("policyId");
        v1.MapPost("/quota-overrides", CreateAsync)
            .RequireScope(Scopes.Review)
            .Takes<OverrideBody>()
            .Idempotent()
            .Says(
                "createQuotaOverride",
                "Override a limit",
                "Reviewers and administrators of the policy's programme add to, multiply or replace one rule's limit for one subject. Where "
                    + "the rule asks for several approvals, so does raising its limit: 202, and others approve the change proposal."
            )
            .Answers<OverrideView>(201)
            .Produces<ChangeProposalView>(202)
            .Refuses(409);
        v1.MapPost("/quota-overrides/{id:guid}/end", EndAsync)
            .RequireScope(Scopes.Review)
            .Idempotent()
            .Says(
                "endQuotaOverride",
                "End an override",
                "The override stops at once. Where it lowers the limit of a rule that asks for several approvals, ending it waits for them: 202."
            )
            .Answers<OverrideView>()
            .Produces<ChangeProposalView>(202)
            .Refuses(404, 409);
    }

    internal static IQueryable<QuotaOverrideRow> Visible(GpuGrantsContext db, Caller caller)
    {
        var reviewed = ReviewedProgrammes.Ids(db, caller);
        return db.Set<QuotaOverrideRow>()
            .Where(row =>
                caller.IsPlatformAdministrator
                || db.Set<QuotaPolicy>()
                    .Any(policy => policy.Id == row.PolicyId && policy.ProgrammeId != null && reviewed.Contains(policy.ProgrammeId.Value))
            );
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        return TypedResults.Json(
            await http.PageAsync(Visible(db, http.Caller()).OnlyIds(http, "policyId", row => row.PolicyId), OverrideView.Of),
            ApiJson.Options
        );
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new OverrideBodyValidator());
        var draft = OverrideDraft.Of(body);
        var (policy, path) = await ReviewedAsync(http, db, draft);
        return await http.RunAsync(
            new MakeOverride
            {
                Tree = TreeId.Of(policy.RootProgrammeId),
                RunsAlone = policy.ProgrammeId is null,
                Actor = http.Actor(),
                ProgrammeId = policy.ProgrammeId,
                Body = body,
                ReviewerRoles = http.Caller().RolesOn(path),
                Decider = http.Decider(),
            },
            made =>
                made.Proposal is { } waits
                    ? Answer.Accepted($"/v1/change-proposals/{waits.Id}", ChangeProposalView.Of(waits, waits.CreatedAt))
                    : Answer.Created(null, OverrideView.Of(made.Override))
        );
    }

    private static async Task<IResult> EndAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen =
            await Visible(db, http.Caller()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
            ?? throw Problem.NotFound();
        var policy = await db.Set<QuotaPolicy>().AsNoTracking().FirstAsync(row => row.Id == seen.PolicyId, http.RequestAborted);
        return await http.RunAsync(
            new EndOverride
            {
                Tree = TreeId.Of(seen.RootProgrammeId),
                RunsAlone = policy.ProgrammeId is null,
                Actor = http.Actor(),
                ProgrammeId = policy.ProgrammeId,
                Seen = seen,
                ReviewerRoles = http.Caller().RolesOn(await PolicyEndpoints.PathAsync(http, db, policy.ProgrammeId)),
                Decider = http.Decider(),
            },
            made =>
                made.Proposal is { } waits
                    ? Answer.Accepted($"/v1/change-proposals/{waits.Id}", ChangeProposalView.Of(waits, waits.CreatedAt))
                    : Answer.Ok(OverrideView.Of(made.Override))
        );
    }

    /// <summary>The policy, if the caller may override its limits.</summary>
    /// <exception cref="ProblemException">There is none, or it is of a programme that the caller does not review.</exception>
    public static async Task<(QuotaPolicy Policy, Guid[] Path)> ReviewedAsync(HttpContext http, GpuGrantsContext db, OverrideDraft draft)
    {
        var policy =
            await PolicyEndpoints.FindVisibleAsync(http, db, draft.PolicyId)
            ?? throw Problem.Invalid("policyId", "There is no such policy.");
        var path = await PolicyEndpoints.PathAsync(http, db, policy.ProgrammeId);
        return http.Caller().Reviews(path)
            ? (policy, path)
            : throw Problem.Forbidden("Only reviewers and administrators of the policy's programme override its limits.");
    }
}

/// <summary>What an override's fields need.</summary>
internal sealed class OverrideBodyValidator : AbstractValidator<OverrideBody>
{
    public OverrideBodyValidator()
    {
        RuleFor(body => body.PolicyId).NotNull().WithMessage("Name the policy.");
        RuleFor(body => body.RuleId).Text(100);
        RuleFor(body => body.Subject).Text(100);
        RuleFor(body => body.Effect).OneOf([.. Words.All<OverrideEffect>()]);
        RuleFor(body => body.Amount)
            .Bound(new Bounds { IsRequired = true, Min = 0 }, amount => amount is >= 0)
            .WithMessage("State an amount of 0 or more.");
        RuleFor(body => body.Reason).Text(2_000);
    }
}
