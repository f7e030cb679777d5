using System.Collections.Frozen;
using GpuGrants.Offers;
using GpuGrants.Requests;
using GpuGrants.Trees;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Pipeline.Trees;

/// <summary>
/// What administrators set in a tree, as decisions need it: immutable, and fresh as long as both configuration versions are the ones it was
/// read at.
/// </summary>
public sealed class TreeConfig
{
    public static TreeConfig None { get; } =
        new()
        {
            Version = -1,
            PlatformConfigVersion = -1,
            Programmes = FrozenDictionary<Guid, ProgrammeConfig>.Empty,
            Offers = [],
            Quotas = QuotaConfig.None,
        };

    /// <summary><c>config_version</c> of the tree itself.</summary>
    public required long Version { get; init; }

    /// <summary><c>config_version</c> of the platform's tree: not its <c>version</c>, which grows with each sign-up.</summary>
    public required long PlatformConfigVersion { get; init; }

    public required FrozenDictionary<Guid, ProgrammeConfig> Programmes { get; init; }

    /// <summary>False in a tree that only tests: all its programmes are as its root is.</summary>
    public bool IsLive => Programmes.Count == 0 || Programmes.Values[0].Terms.IsLive;

    public required IReadOnlyList<Offer> Offers { get; init; }

    /// <summary>Where credits flow on that come back to the budget of an ended programme, by the id of the budget's account.</summary>
    public FrozenDictionary<Guid, ReturnAccount> Returns { get; init; } = FrozenDictionary<Guid, ReturnAccount>.Empty;

    public required QuotaConfig Quotas { get; init; }

    /// <summary>The freezes in force, of the whole platform, that suspend grants.</summary>
    public IReadOnlyList<SuspendingFreeze> SuspendingFreezes { get; init; } = [];

    /// <summary>A freeze in force that suspends the grant; null when none does.</summary>
    public SuspendingFreeze? SuspendingFreezeOf(Grant grant) =>
        SuspendingFreezes.Count == 0
            ? null
            : SuspendingFreezes.FirstOrDefault(one =>
                one.Scope switch
                {
                    Freeze.Programme => Programmes.TryGetValue(grant.ProgrammeId, out var programme)
                        && programme.Path.Contains(one.ResourceId!.Value),
                    Freeze.Provider => one.ResourceId == grant.ProviderId,
                    _ => true,
                }
            );

    /// <summary>Whether counters have to be made or dropped before this is a tree's whole configuration.</summary>
    public bool IsFolded => Quotas.MissingSignatures.Count == 0 && Quotas.StaleSignatures.Count == 0;

    /// <summary>The same once its counters are made and stored.</summary>
    public TreeConfig Folded =>
        IsFolded
            ? this
            : new()
            {
                Version = Version,
                PlatformConfigVersion = PlatformConfigVersion,
                Programmes = Programmes,
                Offers = Offers,
                Returns = Returns,
                SuspendingFreezes = SuspendingFreezes,
                Quotas = Quotas with { MissingSignatures = [], StaleSignatures = [] },
            };
}

/// <summary>A freeze that suspends the running grants of its scope.</summary>
/// <param name="Id">The freeze.</param>
/// <param name="Scope">platform, programme or provider.</param>
/// <param name="ResourceId">The programme or provider; null for the platform.</param>
public sealed record SuspendingFreeze(Guid Id, string Scope, Guid? ResourceId);

/// <summary>A programme as decisions need it.</summary>
/// <param name="Terms">Who may apply and until when, as the programmes above it narrow it.</param>
/// <param name="Path">The programme, its parent, and so on up to the root.</param>
/// <param name="BudgetProgrammeId">Whose budget it spends.</param>
/// <param name="ReviewHold">How long a request may wait for a person: the shortest on the path.</param>
/// <param name="TimeZone">An IANA name, for calendar windows.</param>
public sealed record ProgrammeConfig(
    Guid Id,
    string Name,
    ProgrammeTerms Terms,
    IReadOnlyList<Guid> Path,
    Guid BudgetProgrammeId,
    TimeSpan ReviewHold,
    string TimeZone
)
{
    /// <summary>The terms in force of the platform, the programme and those above it: whoever asks has accepted them.</summary>
    public IReadOnlyList<Guid> TermsToAccept { get; init; } = [];

    /// <summary>Whether it has ended for good.</summary>
    public bool HasEnded { get; init; }

    /// <summary>How it chooses among offers that suit.</summary>
    public MatchingPolicy Matching { get; init; }

    /// <summary>What it states itself of use beyond a grant.</summary>
    public (GpuTime? Grace, GpuTime? SuspendAfter, GpuTime? RevokeAfter) StatedUncharged { get; init; }

    /// <summary>What follows use beyond a grant, as the programmes above narrow it.</summary>
    public UnchargedPolicy Uncharged { get; init; }
}

/// <summary>The quotas of a tree as decisions use them: its own policies and those of the platform, compiled as one.</summary>
/// <param name="Compiled">Rules of both.</param>
/// <param name="MissingSignatures">What is counted from now on and was not so far: its history has to be folded first.</param>
/// <param name="StaleSignatures">Stored signatures that no rule counts by any more: nobody keeps their counters.</param>
/// <param name="Overrides">Those of both that are or will be in force.</param>
public sealed record QuotaConfig(
    CompiledQuotas Compiled,
    IReadOnlyList<RuleSignature> MissingSignatures,
    IReadOnlyList<(TreeId Tree, Guid Signature)> StaleSignatures,
    IReadOnlyList<QuotaOverride> Overrides
)
{
    public static QuotaConfig None { get; } = new(CompiledQuotas.None, [], [], []);

    /// <summary>
    /// The platform's rules among the missing ones, with organizations' own limits: both count what happens in many trees, so their history
    /// is folded while nobody decides.
    /// </summary>
    public IEnumerable<RuleSignature> MissingOutsideProgrammes => MissingSignatures.Where(signature => signature.IsOutsideProgrammes);

    /// <summary>The others among the missing ones: the tree's own rules.</summary>
    public IEnumerable<RuleSignature> MissingOfTree => MissingSignatures.Where(signature => !signature.IsOutsideProgrammes);
}
