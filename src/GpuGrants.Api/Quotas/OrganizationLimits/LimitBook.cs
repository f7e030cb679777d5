using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Trees;

namespace GpuGrants.Api.Quotas.OrganizationLimits;

/// <summary>Makes, changes and ends the limits of an organization, under the configuration lock.</summary>
internal static class LimitBook
{
    /// <summary>The most limits in force of one organization.</summary>
    public const int MaxInForce = 50;

    /// <summary>The most versions that one organization makes in 24 hours: each has every tree read its configuration again.</summary>
    public const int MaxChangesPerDay = 50;

    private const string Published = "published";
    private const string Retired = "retired";

    /// <summary>The limit that a body states.</summary>
    /// <returns>Null with why it cannot be, by the fields of the body.</returns>
    public static OrganizationLimit? Read(OrganizationLimitBody body, out Refusal? refused)
    {
        var measure = QuotaMeasure.All.First(one => one.Word == body.Measure);
        refused = null;
        if (!AmountText.TryParse(body.Limit!.Value, measure.Unit, out var amount))
        {
            refused = Refusal.Invalid("limit", AmountText.Rule(measure.Unit));
            return null;
        }

        var limit = new OrganizationLimit(
            body.Title,
            Words.Parse<SubjectLevel>(body.Level!),
            body.SubjectId,
            measure,
            body.Window!,
            amount,
            body.GpuModels ?? [],
            body.TimeZone
        );
        if (PolicyValidator.Validate(limit.ToDocument(), QuotaConfigReader.PlatformTimeZone) is [{ } problem, ..])
            refused = Refusal.Invalid(FieldOf(problem), problem.ToString());
        return refused is null ? limit : null;
    }

    /// <summary>Refuses one more limit to an organization that has as many as one may, or changed them often.</summary>
    /// <param name="batch">Has counted the organization's limits.</param>
    /// <param name="organization">The organization.</param>
    public static Refusal? RefuseMore(BatchState batch, Guid organization) =>
        batch.Table<LimitCounts>().Of(organization).InForce < MaxInForce
            ? RefuseOften(batch, organization)
            : Refusal.Conflict("too-many-limits", $"An organization has at most {MaxInForce} limits of its own. End one first.");

    /// <summary>Refuses a change to an organization that made as many as one may.</summary>
    /// <param name="batch">Has counted the organization's limits.</param>
    /// <param name="organization">The organization.</param>
    public static Refusal? RefuseOften(BatchState batch, Guid organization) =>
        batch.Table<LimitCounts>().Of(organization).Changes < MaxChangesPerDay
            ? null
            : Refusal.Conflict(
                "limits-changed-often",
                $"An organization changes its limits at most {MaxChangesPerDay} times in 24 hours. Try again later."
            );

    public static (QuotaPolicy Row, List<QuotaPolicyVersion> Versions) Make(
        BatchState batch,
        Actor actor,
        Organization organization,
        OrganizationLimit limit
    )
    {
        var tree = batch.Tree(TreeId.Platform);
        var row = new QuotaPolicy
        {
            RootProgrammeId = tree.RootProgrammeId,
            Id = Guid.CreateVersion7(tree.At),
            OrganizationId = organization.Id,
            Name = "The organization's own limit",
            Version = 1,
            CreatedBy = actor.PrincipalId,
            CreatedAt = tree.At,
            UpdatedAt = tree.At,
        };
        batch.Rows<QuotaPolicy>().Insert(row);
        batch.Table<LimitCounts>().Of(organization.Id).InForce++;
        var version = Next(batch, actor, row, 1, limit);
        Changed(batch, actor, row, organization, OrganizationEvents.LimitCreated, "active");
        return (row, [version]);
    }

    /// <summary>Changes the limit by a new version, or ends it.</summary>
    /// <param name="batch">Has read the policy, its versions and its organization.</param>
    /// <param name="actor">Who does it.</param>
    /// <param name="row">The policy.</param>
    /// <param name="versions">All of its versions; gets the new one.</param>
    /// <param name="organization">Whose limit it is.</param>
    /// <param name="body">What changes.</param>
    /// <param name="clearsTitle">Whether the title goes.</param>
    /// <returns>Null once it is done.</returns>
    public static Refusal? Change(
        BatchState batch,
        Actor actor,
        QuotaPolicy row,
        List<QuotaPolicyVersion> versions,
        Organization organization,
        OrganizationLimitPatch body,
        bool clearsTitle
    )
    {
        var last = versions.MaxBy(one => one.Number)!;
        if (last.Status == Retired)
            return Refusal.Conflict("limit-ended", "The limit has ended. Make another one.");
        var limit = LimitOf(last);
        var amount = limit.Amount;
        if (body.Limit is { } stated && !AmountText.TryParse(stated, limit.Measure.Unit, out amount))
            return Refusal.Invalid("limit", AmountText.Rule(limit.Measure.Unit));
        var next = limit with { Amount = amount, Title = clearsTitle ? null : body.Title ?? limit.Title };
        if (next != limit)
            versions.Add(last = Next(batch, actor, row, last.Number + 1, next));
        if (body.Status is not null)
        {
            End(batch, versions);
            batch.Table<LimitCounts>().Of(organization.Id).InForce--;
        }

        batch.Change(row, batch.Tree(TreeId.Platform).At);
        var ends = body.Status is not null;
        Changed(
            batch,
            actor,
            row,
            organization,
            ends ? OrganizationEvents.LimitEnded : OrganizationEvents.LimitUpdated,
            ends ? "ended" : "active"
        );
        return null;
    }

    public static OrganizationLimitView ViewOf(QuotaPolicy row, IEnumerable<QuotaPolicyVersion> stored, bool withVersions)
    {
        var versions = stored.OrderBy(one => one.Number).ToList();
        var limit = LimitOf(versions[^1]);
        var unit = limit.Measure.Unit;
        return new OrganizationLimitView
        {
            Id = row.Id,
            OrganizationId = row.OrganizationId!.Value,
            Status = versions[^1].Status == Retired ? "ended" : "active",
            Title = limit.Title,
            Level = Words.Of(limit.Level),
            SubjectId = limit.SubjectId,
            Measure = limit.Measure.Word,
            Window = limit.Window,
            Limit = EvaluationView.Amount(limit.Amount, unit),
            Unit = Words.Of(unit),
            GpuModels = limit.GpuModels,
            TimeZone = limit.TimeZone,
            Versions = withVersions
                ?
                [
                    .. versions.Select(one => new OrganizationLimitVersionView(
                        one.Number,
                        EvaluationView.Amount(LimitOf(one).Amount, unit),
                        one.EffectiveFrom!.Value,
                        one.CreatedBy
                    )),
                ]
                : null,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
        };
    }

    private static QuotaPolicyVersion Next(BatchState batch, Actor actor, QuotaPolicy row, int number, OrganizationLimit limit)
    {
        var at = batch.Tree(TreeId.Platform).At;
        var version = new QuotaPolicyVersion
        {
            RootProgrammeId = row.RootProgrammeId,
            PolicyId = row.Id,
            Number = number,
            Status = Published,
            Document = PolicyWriter.Write(limit.ToDocument()),
            EffectiveFrom = at,
            CreatedBy = actor.PrincipalId,
            CreatedAt = at,
            PublishedBy = actor.PrincipalId,
            PublishedAt = at,
        };
        batch.Rows<QuotaPolicyVersion>().Insert(version);
        batch.Table<LimitCounts>().Of(row.OrganizationId!.Value).Changes++;
        return version;
    }

    private static void End(BatchState batch, List<QuotaPolicyVersion> versions)
    {
        foreach (var version in versions)
        {
            (version.Status, version.RetiredFrom) = (Retired, batch.Tree(TreeId.Platform).At);
            batch.Rows<QuotaPolicyVersion>().Update(version);
        }
    }

    private static void Changed(
        BatchState batch,
        Actor actor,
        QuotaPolicy row,
        Organization organization,
        EventType<OrganizationLimitData> type,
        string status
    )
    {
        var data = new OrganizationLimitData(row.Id, organization.Id, status, row.Version);
        batch.RecordEvent(TreeId.Platform, actor, type, data, organization.Livemode);
        batch.Tree(TreeId.Platform).MarkConfigChanged();
    }

    private static OrganizationLimit LimitOf(QuotaPolicyVersion version) =>
        OrganizationLimit.Of(
            PolicyParser.Parse(version.Document).Document
                ?? throw new InvalidOperationException($"Version {version.Number} of limit {version.PolicyId} cannot be read.")
        );

    private static string FieldOf(PolicyProblem problem) =>
        problem.Field.Split('.')[^1] switch
        {
            "timeZone" => "timeZone",
            "limit" => "limit",
            "gpuModels" => "gpuModels",
            _ => "window",
        };
}
