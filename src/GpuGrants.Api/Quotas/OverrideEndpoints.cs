using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Store;
using GpuGrants.Quotas;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Quotas;

/// <summary>An exception from one rule's limit for one subject.</summary>
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

    /// <summary>At once when left out.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>Never when left out.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public string? Reason { get; init; }
}

/// <summary>An exception from one rule's limit for one subject.</summary>
public sealed record OverrideView
{
    public required Guid Id { get; init; }

    public required Guid PolicyId { get; init; }

    public required string RuleId { get; init; }

    public required string Subject { get; init; }

    public required string Effect { get; init; }

    /// <summary>In the measure's smallest unit; thousandths for multiply.</summary>
    public required long Amount { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When somebody ended it before its time.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    public required string Reason { get; init; }

    public required Guid AuthorId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static OverrideView Of(QuotaOverrideRow row) => new()
    {
        Id = row.Id,
        PolicyId = row.PolicyId,
        RuleId = row.RuleId,
        Subject = row.SubjectId,
        Effect = row.Effect,
        Amount = row.Amount,
        StartsAt = row.StartsAt,
        ExpiresAt = row.ExpiresAt,
        EndedAt = row.EndedAt,
        Reason = row.Reason,
        AuthorId = row.AuthorId,
        CreatedAt = row.CreatedAt,
    };
}

/// <summary>Overrides and boosts.</summary>
public static class OverrideEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/quota-overrides", ListAsync).RequireScope(Scopes.Review)
            .Says("listQuotaOverrides", "List overrides", "Of policies of programmes that you review.").Lists<OverrideView>("policyId");
        v1.MapPost("/quota-overrides", CreateAsync).RequireScope(Scopes.Review).Takes<OverrideBody>().Idempotent()
            .Says("createQuotaOverride", "Override a limit", "For reviewers and administrators of the policy's programme: adds to, multiplies or replaces one rule's limit for one subject.").Answers<OverrideView>(201).Refuses(409);
        v1.MapPost("/quota-overrides/{id:guid}/end", EndAsync).RequireScope(Scopes.Review).Idempotent()
            .Says("endQuotaOverride", "End an override", "It stops at once.").Answers<OverrideView>().Refuses(404, 409);
    }

    /// <summary>Checks an override against its policy's latest published version and makes a row of it.</summary>
    /// <exception cref="ProblemException">The policy, the rule or the amount does not fit.</exception>
    public static async Task<QuotaOverrideRow> CheckAsync(HttpContext http, GpuGrantsContext db, Guid root, OverrideBody body)
    {
        var policy = await db.Set<QuotaPolicy>().AsNoTracking().FirstOrDefaultAsync(row => row.Id == body.PolicyId && row.RootProgrammeId == root, http.RequestAborted) ?? throw Problem.Invalid("policyId", "There is no such policy here.");
        var version = await db.Set<QuotaPolicyVersion>().AsNoTracking().Where(row => row.PolicyId == policy.Id && row.Status != "draft").OrderByDescending(row => row.Number).FirstOrDefaultAsync(http.RequestAborted)
            ?? throw Problem.Invalid("policyId", "The policy was never published.");
        var rule = PolicyParser.Parse(version.Document).Document?.Rules.FirstOrDefault(one => one.Id == body.RuleId) ?? throw Problem.Invalid("ruleId", "The policy has no such rule.");
        var effect = Enum.Parse<OverrideEffect>(body.Effect!, ignoreCase: true);
        long amount;
        if (effect == OverrideEffect.Multiply)
        {
            if (body.Amount is not (> 0 and <= 1_000) || body.Amount * 1_000 != decimal.Truncate(body.Amount.Value * 1_000)) throw Problem.Invalid("amount", "A factor is above 0 and at most 1,000, with at most three decimals.");
            amount = (long)(body.Amount.Value * 1_000);
        }
        else if (!AmountText.TryParse(body.Amount!.Value, MeasureRules.UnitOf(rule.Measure), out amount))
        {
            throw Problem.Invalid("amount", AmountText.Rule(MeasureRules.UnitOf(rule.Measure)));
        }

        var now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var row = new QuotaOverrideRow
        {
            RootProgrammeId = root,
            Id = Guid.CreateVersion7(now),
            PolicyId = policy.Id,
            RuleId = rule.Id,
            SubjectId = body.Subject!,
            Effect = body.Effect!,
            Amount = amount,
            StartsAt = body.StartsAt ?? now,
            ExpiresAt = body.ExpiresAt,
            Reason = body.Reason!,
            AuthorId = http.Caller().PrincipalId,
            Version = 1,
            CreatedAt = now,
        };
        if (row.ExpiresAt is { } end && (end <= row.StartsAt || end <= now)) throw Problem.Invalid("expiresAt", "The expiry comes after the start, and in the future.");
        var others = await db.Set<QuotaOverrideRow>().AsNoTracking().Where(one => one.PolicyId == policy.Id && one.RuleId == rule.Id && one.SubjectId == row.SubjectId).ToListAsync(http.RequestAborted);
        if (PolicyValidator.Overlap(ToRule(row), others.Select(ToRule)) is { } problem) throw new ProblemException(Problem.Document(409, problem.Code, problem.Message, problem.Field));
        return row;
    }

    private static QuotaOverride ToRule(QuotaOverrideRow row) => new()
    {
        Id = row.Id,
        PolicyId = row.PolicyId,
        RuleId = row.RuleId,
        SubjectId = row.SubjectId,
        Effect = Enum.Parse<OverrideEffect>(row.Effect, ignoreCase: true),
        Amount = row.Amount,
        StartsAt = row.StartsAt,
        ExpiresAt = row.ExpiresAt,
        EndedAt = row.EndedAt,
        Reason = row.Reason,
        AuthorId = row.AuthorId,
    };

    private static IQueryable<QuotaOverrideRow> Visible(GpuGrantsContext db, Caller caller)
    {
        var reviewed = caller.ReviewedProgrammes;
        return db.Set<QuotaOverrideRow>().Where(row => caller.IsPlatformAdministrator || db.Set<QuotaPolicy>().Any(policy => policy.Id == row.PolicyId
            && db.Set<Programme>().Any(programme => programme.Id == policy.ProgrammeId && programme.Path.Any(id => reviewed.Contains(id)))));
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var policy = http.IdFilter("policyId");
        return TypedResults.Json(await http.PageAsync(Visible(db, http.Caller()).Where(row => policy == null || row.PolicyId == policy), OverrideView.Of), ApiJson.Options);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new OverrideValidator());
        var policy = await db.Set<QuotaPolicy>().AsNoTracking().FirstOrDefaultAsync(row => row.Id == body.PolicyId, http.RequestAborted) ?? throw Problem.Invalid("policyId", "There is no such policy.");
        await MayReviewAsync(http, db, policy.ProgrammeId);
        var checkedRow = await CheckAsync(http, db, policy.RootProgrammeId, body);
        return await http.RunAsync(new Change
        {
            Tree = policy.RootProgrammeId,
            Actor = http.Actor(),
            IdempotencyKey = http.IdempotencyKey(),
            Deciding = workspace =>
            {
                workspace.Rows<QuotaOverrideRow>().Insert(checkedRow);
                Changed(workspace, http.Actor(), checkedRow, "quota-override.created");
                return Http.Answers.Created($"/v1/quota-overrides/{checkedRow.Id}", OverrideView.Of(checkedRow));
            },
        });
    }

    private static async Task<IResult> EndAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await Visible(db, http.Caller()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted) ?? throw Problem.NotFound();
        return await http.RunAsync(new Change
        {
            Tree = seen.RootProgrammeId,
            Actor = http.Actor(),
            IdempotencyKey = http.IdempotencyKey(),
            Planning = workspace => workspace.Rows<QuotaOverrideRow>().Want(new RowKey(seen.RootProgrammeId, id)),
            Deciding = workspace =>
            {
                var row = workspace.Rows<QuotaOverrideRow>().Find(new RowKey(seen.RootProgrammeId, id))!;
                if (row.EndedAt is not null) return Problem.Conflict("override-ended", "The override has ended already.");
                row.EndedAt = workspace.Tree(seen.RootProgrammeId).At;
                row.Version++;
                workspace.Rows<QuotaOverrideRow>().Update(row);
                Changed(workspace, http.Actor(), row, "quota-override.ended");
                return Http.Answers.Ok(OverrideView.Of(row));
            },
        });
    }

    private static async Task MayReviewAsync(HttpContext http, GpuGrantsContext db, Guid? programmeId)
    {
        var path = programmeId is { } id ? (await ProgrammeEndpoints.FindAsync(http, db, id)).Path : [];
        if (!http.Caller().Reviews(path)) throw Problem.Forbidden("Only reviewers and administrators of the policy's programme override its limits.");
    }

    private static void Changed(Workspace workspace, Actor actor, QuotaOverrideRow row, string type)
    {
        workspace.Happened(row.RootProgrammeId, actor, type, "quota-override", row.Id.ToString(), null, ApiJson.WriteText(new { overrideId = row.Id, row.PolicyId, row.RuleId, row.SubjectId }));
        workspace.Tree(row.RootProgrammeId).MarkConfigChanged();
    }
}

/// <summary>What an override's fields need.</summary>
internal sealed class OverrideValidator : AbstractValidator<OverrideBody>
{
    public OverrideValidator()
    {
        RuleFor(body => body.PolicyId).NotNull().WithMessage("Name the policy.");
        RuleFor(body => body.RuleId).Text(100);
        RuleFor(body => body.Subject).Text(100);
        RuleFor(body => body.Effect).OneOf(["add", "multiply", "replace"]);
        RuleFor(body => body.Amount).Must(amount => amount is >= 0).WithMessage("State an amount of 0 or more.");
        RuleFor(body => body.Reason).Text(2_000);
    }
}
