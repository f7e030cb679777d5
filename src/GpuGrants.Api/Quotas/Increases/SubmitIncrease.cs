using GpuGrants.Api.Decisions;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Quotas.Overrides;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Quotas.Increases;

/// <summary>
/// Somebody asks for a higher limit: granted at once up to the rule's ceiling, else left to a person, or denied when nobody could grant it.
/// </summary>
public sealed class SubmitIncrease : Command<IncreaseDecided>
{
    public required Guid PolicyId { get; init; }

    /// <summary>The policy's programme; null for one of the platform.</summary>
    public Guid? ProgrammeId { get; init; }

    public required string RuleId { get; init; }

    public required Guid OrganizationId { get; init; }

    public Guid? ProjectId { get; init; }

    /// <summary>In the rule's unit.</summary>
    public required decimal Limit { get; init; }

    public required string Reason { get; init; }

    public override void Plan(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        batch.Rows<Organization>().Want(new RowKey(OrganizationId));
        if (ProjectId is { } project)
            batch.Rows<Project>().Want(new RowKey(project));
        if (OverrideBook.FindPresentRule(tree, PolicyId, RuleId) is { } rule && SubjectOf(rule.Rule) is { } subject)
            OverrideBook.Plan(batch, tree, PolicyId, RuleId, subject);
    }

    public override Outcome<IncreaseDecided> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (OverrideBook.FindPresentRule(tree, PolicyId, RuleId) is not { } rule)
            return Refusal.Invalid("ruleId", "The policy has no such rule in force, now or later.") with
            {
                MessageKo = "정책에 지금이나 앞으로 시행되는 그런 규칙이 없습니다.",
            };
        if (Refuse(batch, tree, rule, out var subject) is { } refused)
            return refused;
        var unit = rule.Rule.Measure.Unit;
        if (!AmountText.TryParse(Limit, unit, out var wanted))
            return Refusal.Invalid("limit", AmountText.Rule(unit));
        var overrides = OverrideBook.Of(batch, tree, PolicyId, RuleId, subject).Select(row => row.ToOverride()).ToList();
        var verdict = IncreaseRules.Decide(rule.Rule, overrides, wanted, tree.At);
        var row = NewRow(tree, subject, unit, verdict);
        if (verdict.Verdict == IncreaseVerdict.Approve && Increase.Raise(batch, tree, row, wanted, Actor, verdict.Ends) is { } unfit)
            return unfit;
        var decision = Increase.Decided(batch, tree, row, DecidedBy.Rule, verdict.Code, verdict.Message, verdict.KoreanMessage, Actor);
        batch.Rows<QuotaIncrease>().Insert(row);
        return new IncreaseDecided(row, decision);
    }

    private Refusal? Refuse(BatchState batch, TreeChanges tree, CompiledRule rule, out SubjectId subject)
    {
        subject = default;
        if (batch.Rows<Organization>().Find(new RowKey(OrganizationId)) is not { Status: OrganizationStatus.Active } organization)
            return Refusal.Invalid("organizationId", "The organization is not active.") with { MessageKo = "활성 상태의 조직이 아닙니다." };
        if (ActiveProject.Check(batch, ProjectId, OrganizationId) is { } unfit)
            return unfit;
        if (SubjectOf(rule.Rule) is not { } own)
        {
            return rule.Rule.Subject is { Level: SubjectLevel.Project, Grouping: SubjectGrouping.Each }
                ? Refusal.Invalid("projectId", "The rule limits each project. Name yours.") with
                {
                    MessageKo = "규칙이 프로젝트마다 한도를 둡니다. 프로젝트를 지정해 주십시오.",
                }
                : Refusal.Invalid(
                    "ruleId",
                    "Others share this limit, so nobody can raise it for you alone. Ask the programme's administrators to change "
                        + "the policy."
                ) with
                {
                    MessageKo = "여럿이 함께 쓰는 한도라 혼자만 올릴 수 없습니다. 프로그램 관리자에게 정책 변경을 요청해 주십시오.",
                };
        }

        var path = ProgrammeId is { } programme && tree.Config.Programmes.TryGetValue(programme, out var config) ? config.Path : [];
        var subjects = new List<SubjectId>();
        var context = PresentContext.Of(tree.Id, path, organization, ProjectId, Asker.Of(Actor), tree.At);
        if (rule.Signature.CoversSubject(context))
            rule.Signature.AddSubjects(context, subjects);
        if (!subjects.Contains(own))
            return Refusal.Invalid("ruleId", "The rule does not limit you, so there is nothing to raise.") with
            {
                MessageKo = "규칙이 제한하는 대상이 아니므로 올릴 한도가 없습니다.",
            };
        subject = own;
        return null;
    }

    /// <summary>Whose limit the caller may ask to raise; null when the limit is shared with others.</summary>
    private SubjectId? SubjectOf(QuotaRule rule)
    {
        if (rule.Subject.Grouping == SubjectGrouping.Group)
            return null;
        Guid? id = rule.Subject.Level switch
        {
            SubjectLevel.Organization => OrganizationId,
            SubjectLevel.Project => ProjectId,
            SubjectLevel.Member => Actor.Member,
            SubjectLevel.Person => Actor.Person,
            _ => null,
        };
        return id is { } known ? SubjectId.Of(known) : null;
    }

    private QuotaIncrease NewRow(TreeChanges tree, SubjectId subject, QuotaUnit unit, IncreaseDecision verdict) =>
        new()
        {
            RootProgrammeId = Tree.Value,
            Id = Guid.CreateVersion7(tree.At),
            PolicyId = PolicyId,
            ProgrammeId = ProgrammeId,
            RuleId = RuleId,
            SubjectId = subject.ToString(),
            OrganizationId = OrganizationId,
            ProjectId = ProjectId,
            Status = verdict.Verdict == IncreaseVerdict.Refuse ? IncreaseStatus.Denied : IncreaseStatus.InReview,
            Unit = Words.Of(unit),
            LimitThen = verdict.Present,
            Wanted = verdict.Wanted,
            Reason = Reason,
            PartnerId = Actor.Acting?.PartnerId,
            RequestedBy = Actor.Member,
            ClientId = Actor.ClientId,
            Version = 1,
            CreatedAt = tree.At,
            UpdatedAt = tree.At,
        };
}

/// <summary>A request for a higher limit with its latest verdict.</summary>
public sealed record IncreaseDecided(QuotaIncrease Increase, QuotaIncreaseDecision Decision);
