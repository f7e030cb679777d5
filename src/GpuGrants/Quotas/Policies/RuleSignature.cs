using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using GpuGrants.Trees;

namespace GpuGrants.Quotas.Policies;

/// <summary>
/// What a rule counts. Rules that count the same share counters, whatever their limits, outcomes and versions are.
/// </summary>
/// <remarks>
/// Its parts: measure; subject level, grouping, what it counts of a person, kinds and ids; the programmes of a sharing; the policy's
/// scope, a programme or an organization; filter; window with its time zone, and whether it carries over; refund. Limits (also those of
/// sharing and carry-over), outcome, title, approvals and ceiling are no part.
/// </remarks>
public sealed class RuleSignature
{
    private readonly Guid[] _ids;
    private readonly Guid[] _share;
    private readonly SubjectLevel _level;
    private readonly bool _isGroup;
    private readonly SubjectId _group;

    // Precomputed, because each decision asks each matching rule and most rules have few conditions.
    private readonly bool _asksOfOrganization;
    private readonly bool _asksOfRequest;

    internal RuleSignature(QuotaRule rule, Guid? scopeProgrammeId, string timeZone, Guid? scopeOrganizationId = null)
    {
        Measure = rule.Measure;
        Subject = rule.Subject;
        Filter = rule.Filter;
        Window = rule.Window;
        Refund = rule.Refund;
        ScopeProgrammeId = scopeProgrammeId;
        ScopeOrganizationId = scopeOrganizationId;
        _share = rule.Sharing is null ? [] : [.. rule.Sharing.Nodes.Select(node => node.ProgrammeId).Order()];
        Clock = Window.ClockIn(timeZone);
        _ids = [.. Subject.Ids];
        _level = Subject.Level;
        _isGroup = Subject.Grouping == SubjectGrouping.Group;
        _group = scopeProgrammeId is { } scope ? SubjectId.Of(scope) : SubjectId.All;
        _asksOfOrganization = Subject.Kinds.Count > 0 || Filter.AsksOfOrganization;
        _asksOfRequest = Filter.AsksOfRequest;
        Canonical = Write(timeZone);
        Id = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(Canonical)).AsSpan(0, 16), bigEndian: true);
    }

    /// <summary>The first 128 bits of the SHA-256 of <see cref="Canonical"/>.</summary>
    public Guid Id { get; }

    /// <summary>A text that two signatures share exactly when they count the same.</summary>
    public string Canonical { get; }

    /// <summary>What is counted.</summary>
    public QuotaMeasure Measure { get; }

    /// <summary>For whom.</summary>
    public QuotaSubject Subject { get; }

    /// <summary>Of which requests.</summary>
    public QuotaFilter Filter { get; }

    /// <summary>Over which time.</summary>
    public QuotaWindow Window { get; }

    /// <summary>Whether unused amounts come back to the window they were awarded in.</summary>
    public bool Refund { get; }

    /// <summary>The programme that the policy holds for, with all below it; null when it holds on the whole platform.</summary>
    public Guid? ScopeProgrammeId { get; }

    /// <summary>The organization that set the limit for itself; null for rules that others set.</summary>
    public Guid? ScopeOrganizationId { get; }

    /// <summary>The zone by whose wall clock it counts, by its IANA name; null when it needs none.</summary>
    public string? TimeZone => Clock.TimeZone;

    /// <summary>False when the window is the request itself.</summary>
    public bool NeedsCounter => Window.NeedsCounter;

    /// <summary>Whether the order of facts matters to its counters, and they may have facts of several trees.</summary>
    public bool CountsTreesInOrder => IsOutsideProgrammes && Window.CountsInOrder;

    internal IReadOnlyList<Guid> ShareProgrammes => _share;

    internal WindowClock Clock { get; }

    /// <summary>Whether its policy belongs to no programme: it is the platform's, or a limit that an organization set for itself.</summary>
    public bool IsOutsideProgrammes => ScopeProgrammeId is null;

    /// <summary>Whether requests of every tree meet in its counters: a rule of the platform that counts many subjects together.</summary>
    public bool MeetsOnPlatform =>
        IsOutsideProgrammes
        && ScopeOrganizationId is null
        && NeedsCounter
        && (_isGroup || _share.Length > 0 || _level is SubjectLevel.Platform or SubjectLevel.OrganizationKind);

    /// <summary>
    /// The tree that the subject's counter is locked with. A programme's rule counts in its root programme's tree. A rule of the platform
    /// counts each organization, with its projects, in the organization's tree, each member, partner or person in their own, and each
    /// programme in its root programme's. A limit that an organization set for itself counts in the organization's tree.
    /// </summary>
    internal TreeId TreeOf(QuotaContext context, SubjectId subject)
    {
        if (ScopeProgrammeId is not null)
            return TreeId.Of(context.RootProgrammeId);
        if (ScopeOrganizationId is { } organization)
            return TreeId.Of(organization);
        if (MeetsOnPlatform)
            return TreeId.Platform;
        return _level switch
        {
            SubjectLevel.Programme => TreeId.Of(context.RootProgrammeId),
            SubjectLevel.Project => TreeId.Of(context.OrganizationId),
            _ => TreeId.Of(subject.Id),
        };
    }

    /// <summary>
    /// The tree whose <c>quota_signatures</c> say that the history was folded: the platform's for rules outside programmes, an
    /// organization's own limits included.
    /// </summary>
    /// <param name="tree">The tree of the programme in question.</param>
    /// <returns>That tree, or the platform's.</returns>
    public TreeId SignatureTreeOf(TreeId tree) => IsOutsideProgrammes ? TreeId.Platform : tree;

    /// <summary>Whether the fact changes what is used or held, for whomever it happens.</summary>
    public bool Counts(QuotaFact fact) =>
        NeedsCounter
        && (
            Measure.Change(fact, Refund) != default
            || (Measure.CountsOutstanding && fact.Life is not null && fact.OutstandingBefore != fact.OutstandingAfter)
        );

    /// <summary>Whether what happens in the context is counted for somebody.</summary>
    public bool Covers(QuotaContext context) => CoversSubject(context) && (!_asksOfRequest || Filter.AllowsRequest(context));

    /// <summary>As <see cref="Covers"/>, as far as it can be told without a request.</summary>
    public bool CoversSubject(QuotaContext context)
    {
        if (ScopeProgrammeId is { } scope && !Contains(context.ProgrammePath, scope))
            return false;
        if (ScopeOrganizationId is { } organization && organization != context.OrganizationId)
            return false;
        if (!_asksOfOrganization)
            return true;
        if (Subject.Kinds.Count > 0 && !Subject.Kinds.Contains(context.OrganizationKind, StringComparer.Ordinal))
            return false;
        return Filter.AllowsOrganization(context);
    }

    /// <summary>Adds the subjects whose counters count what happens in a context that <see cref="Covers"/> accepts.</summary>
    public void AddSubjects(QuotaContext context, List<SubjectId> subjects)
    {
        if (!MayHaveSeveral)
        {
            if (TryOneSubject(context, out var subject))
                subjects.Add(subject);
        }
        else if (_level == SubjectLevel.Person)
        {
            AddPeople(context, subjects);
        }
        else if (_share.Length > 0)
        {
            AddNearestShare(context, subjects);
        }
        else
        {
            AddProgrammes(context, subjects);
        }
    }

    /// <summary>Whether a context may have several subjects: one for each programme of its path, or for each of its people.</summary>
    internal bool MayHaveSeveral => _share.Length > 0 || _level is SubjectLevel.Programme or SubjectLevel.Person;

    /// <summary>
    /// The subject of a signature that has at most one in a context (<see cref="MayHaveSeveral"/>); false when it has none there.
    /// </summary>
    internal bool TryOneSubject(QuotaContext context, out SubjectId subject)
    {
        subject = _group;
        if (_level == SubjectLevel.Platform)
            return true;
        if (_level == SubjectLevel.OrganizationKind)
        {
            if (!_isGroup)
                subject = SubjectId.Named(context.OrganizationKind);
            return true;
        }

        if (!TryId(context, out var id))
            return false;
        if (!_isGroup)
            subject = SubjectId.Of(id);
        return true;
    }

    private bool TryId(QuotaContext context, out Guid id)
    {
        var known = _level switch
        {
            SubjectLevel.Organization => context.OrganizationId,
            SubjectLevel.Project => context.ProjectId,
            SubjectLevel.Member => context.MemberId,
            SubjectLevel.Partner => context.PartnerId,
            _ => throw new InvalidOperationException($"A {_level} may have several subjects."),
        };
        id = known.GetValueOrDefault();
        return known.HasValue && (_ids.Length == 0 || _ids.AsSpan().Contains(id));
    }

    private void AddPeople(QuotaContext context, List<SubjectId> subjects)
    {
        var people = new List<Guid>(context.OwnerIds.Count + 1);
        PeopleOfRequest.Add(context, Subject.Counts, people);
        foreach (var person in people)
        {
            if (_ids.Length > 0 && !_ids.AsSpan().Contains(person))
                continue;
            subjects.Add(_isGroup ? _group : SubjectId.Of(person));
            if (_isGroup)
                return;
        }
    }

    private void AddProgrammes(QuotaContext context, List<SubjectId> subjects)
    {
        foreach (var programme in context.ProgrammePath)
        {
            if (_ids.Length == 0 || _ids.AsSpan().Contains(programme))
            {
                subjects.Add(_isGroup ? _group : SubjectId.Of(programme));
                if (_isGroup)
                    return;
            }

            if (programme == ScopeProgrammeId)
                return;
        }
    }

    private void AddNearestShare(QuotaContext context, List<SubjectId> subjects)
    {
        foreach (var programme in context.ProgrammePath)
        {
            if (!_share.AsSpan().Contains(programme))
                continue;
            subjects.Add(SubjectId.Of(programme));
            return;
        }
    }

    internal static bool Contains(IReadOnlyList<Guid> ids, Guid id)
    {
        if (ids is Guid[] array)
            return array.AsSpan().Contains(id);
        for (var i = 0; i < ids.Count; i++)
        {
            if (ids[i] == id)
                return true;
        }

        return false;
    }

    private string Write(string timeZone)
    {
        var text = new StringBuilder();
        void Add(string name, object? value) => text.Append(CultureInfo.InvariantCulture, $"{name}={value};");
        void All<T>(string name, IEnumerable<T> values) =>
            // Escaped, so that a name with a comma differs from two names.
            Add(name, string.Join(',', values.Select(value => Uri.EscapeDataString($"{value}")).Distinct().Order(StringComparer.Ordinal)));
        Add("measure", Measure);
        Add("subject", $"{Words.Of(Subject.Level)}/{Words.Of(Subject.Grouping)}");
        // Only where it means something, so that the signatures of other rules stay what they were.
        if (_level == SubjectLevel.Person)
            Add("counts", Words.Of(Subject.Counts));
        All("kinds", Subject.Kinds);
        All("ids", Subject.Ids);
        All("share", ShareProgrammes);
        Add("scope", ScopeProgrammeId);
        if (ScopeOrganizationId is { } organization)
            Add("organization", organization);
        Add("filter", Filter.Canonical);
        Add("window", Window.Canonical(timeZone));
        Add("refund", Refund);
        return text.ToString();
    }
}
