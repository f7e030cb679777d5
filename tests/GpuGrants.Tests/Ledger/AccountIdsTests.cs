using CsCheck;

namespace GpuGrants.Tests.Ledger;

public class AccountIdsTests
{
    private static readonly Gen<Guid> Owners = Gen.Guid.Select(id => new Guid([.. id.ToByteArray(true)], bigEndian: true));

    private static readonly Gen<(AccountKind Kind, LedgerUnit Unit)> Accounts = Gen.Select(
        Gen.Enum<AccountKind>(),
        Gen.OneOfConst(LedgerUnit.Credit, LedgerUnit.Gpu("l4"), LedgerUnit.Gpu("h100"))
    );

    [Fact]
    public void The_same_kind_unit_and_owner_have_the_same_account_and_others_have_another() =>
        Gen.Select(Accounts, Owners, Accounts, Owners)
            .Sample(
                (one, owner, other, otherOwner) =>
                    (AccountIds.Of(one.Kind, one.Unit, owner) == AccountIds.Of(other.Kind, other.Unit, otherOwner))
                    == ((one, owner) == (other, otherOwner))
            );

    [Fact]
    public void All_accounts_of_an_owner_lie_within_its_range_of_ids() =>
        Gen.Select(Accounts, Owners)
            .Sample(
                (one, owner) =>
                {
                    var (first, last) = AccountIds.RangeOf(owner);
                    var id = AccountIds.Of(one.Kind, one.Unit, owner);
                    return Compare(first, id) <= 0 && Compare(id, last) <= 0;
                }
            );

    [Fact]
    public void An_account_has_the_version_and_variant_that_rfc_9562_gives_to_custom_ids() =>
        Gen.Select(Accounts, Owners)
            .Sample((one, owner) => AccountIds.Of(one.Kind, one.Unit, owner) is { Version: 8, Variant: >= 8 and <= 11 });

    /// <summary>As PostgreSQL orders them: byte by byte, the first byte as written first.</summary>
    private static int Compare(Guid one, Guid other) => one.ToByteArray(true).AsSpan().SequenceCompareTo(other.ToByteArray(true));
}
